/**
 * Every answer that the proxy gives by itself instead of the registry: HTTP status and OCI error code
 * (distribution-spec, "Error Codes"). The key names the kind; several kinds share a code.
 */
const CATALOGUE = {
  NAME_INVALID: { status: 400, ociCode: 'NAME_INVALID' },
  DENIED: { status: 403, ociCode: 'DENIED' },
  UNSUPPORTED: { status: 404, ociCode: 'UNSUPPORTED' },
  MANIFEST_UNKNOWN: { status: 404, ociCode: 'MANIFEST_UNKNOWN' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, ociCode: 'BLOB_UPLOAD_UNKNOWN' },
  METHOD_NOT_ALLOWED: { status: 405, ociCode: 'UNSUPPORTED' },
  BAD_GATEWAY: { status: 502, ociCode: 'UNKNOWN' },
  UNAVAILABLE: { status: 503, ociCode: 'UNAVAILABLE' },
} as const satisfies Record<string, { status: number; ociCode: string }>;

export type ProxyErrorCode = keyof typeof CATALOGUE;

/** A request that ends here. The message is for the client and says what to do; it holds no secret and no upstream URL. */
export class ProxyError extends Error {
  readonly status: number;
  readonly ociCode: string;

  constructor(
    readonly code: ProxyErrorCode,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ProxyError';
    this.status = CATALOGUE[code].status;
    this.ociCode = CATALOGUE[code].ociCode;
  }
}

export function proxyError(code: ProxyErrorCode, message: string, options: { cause?: unknown } = {}): ProxyError {
  return new ProxyError(code, message, options);
}
