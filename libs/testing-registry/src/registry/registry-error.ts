import { jsonReply, type Reply } from './reply';

/** Error codes of distribution-spec 1.1 ("Error Codes") and of distribution's own appendix, with their status. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const;

export type RegistryErrorCode = keyof typeof STATUS;

/** A refusal in the form of distribution-spec: `{"errors":[{code, message}]}`. */
export class RegistryError extends Error {
  readonly status: number;

  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    private readonly extra: { readonly status?: number; readonly headers?: Reply['headers'] } = {},
  ) {
    super(message);
    this.name = 'RegistryError';
    this.status = extra.status ?? STATUS[code];
  }

  toReply(): Reply {
    return jsonReply(this.status, { errors: [{ code: this.code, message: this.message }] }, this.extra.headers);
  }
}
