import { type JsonObject } from './json';

/** One problem of an object, as in `details.causes` of a Status. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The object of an error. As in kube-apiserver, `kind` is the plural resource name, except for `Invalid`, where it is the kind. */
export interface StatusSubject {
  readonly group: string;
  readonly kind: string;
  readonly name?: string;
}

interface ApiErrorOptions {
  readonly code: number;
  /** Absent in some errors of kube-apiserver. */
  readonly reason?: string;
  readonly subject?: StatusSubject;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A request fails with this Status. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly options: ApiErrorOptions,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get code(): number {
    return this.options.code;
  }

  toStatus(): JsonObject {
    const { code, reason } = this.options;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(reason && { reason }),
      ...this.#details(),
      code,
    };
  }

  #details(): JsonObject {
    const { subject, causes, retryAfterSeconds } = this.options;
    if (!subject && !causes && retryAfterSeconds === undefined) {
      return {};
    }
    return {
      details: {
        ...(subject && describeSubject(subject)),
        ...(causes && { causes }),
        ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      },
    };
  }
}

function describeSubject({ name, group, kind }: StatusSubject): JsonObject {
  return { ...(name && { name }), ...(group && { group }), kind };
}

/** Returns the qualified name: `connectors.connectors.alauda.io`, or `secrets` for the core group. */
function qualified({ group, kind }: { group: string; kind: string }): string {
  return group === '' ? kind : `${kind}.${group}`;
}

export function notFound(subject: StatusSubject): ApiError {
  return new ApiError(`${qualified(subject)} "${subject.name}" not found`, { code: 404, reason: 'NotFound', subject });
}

export function alreadyExists(subject: StatusSubject): ApiError {
  const message = `${qualified(subject)} "${subject.name}" already exists`;
  return new ApiError(message, { code: 409, reason: 'AlreadyExists', subject });
}

export function conflict(subject: StatusSubject, why = MODIFIED): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${why}`;
  return new ApiError(message, { code: 409, reason: 'Conflict', subject });
}

const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): ApiError {
  return new ApiError(message, { code: 400, reason: 'BadRequest' });
}

export function invalid(subject: StatusSubject, causes: readonly StatusCause[]): ApiError {
  const problems = causes.map(({ field, message }) => `${field}: ${message}`);
  const list = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
  const message = `${qualified(subject)} "${subject.name ?? ''}" is invalid: ${list}`;
  return new ApiError(message, { code: 422, reason: 'Invalid', subject, causes });
}

export function forbidden(subject: StatusSubject, why: string): ApiError {
  const name = subject.name ? ` "${subject.name}"` : '';
  return new ApiError(`${qualified(subject)}${name} is forbidden: ${why}`, { code: 403, reason: 'Forbidden', subject });
}

export function unauthorized(): ApiError {
  return new ApiError('Unauthorized', { code: 401, reason: 'Unauthorized' });
}

export function expired(message: string): ApiError {
  return new ApiError(message, { code: 410, reason: 'Expired' });
}

/** @param instead text after the message of kube-apiserver that says what to do instead */
export function unsupportedMediaType(accepted: readonly string[], instead = ''): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}${instead}`;
  return new ApiError(message, { code: 415, reason: 'UnsupportedMediaType' });
}

export function notAcceptable(): ApiError {
  const message = 'only the following media types are accepted: application/json';
  return new ApiError(message, { code: 406, reason: 'NotAcceptable' });
}

export function methodNotAllowed(subject: StatusSubject): ApiError {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiError(message, { code: 405, reason: 'MethodNotAllowed', subject });
}

/** Reports a resource version that this server has not reached yet. Clients retry. */
export function futureVersion(asked: number, current: number): ApiError {
  return new ApiError(`Timeout: Too large resource version: ${asked}, current: ${current}`, {
    code: 504,
    reason: 'Timeout',
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
    retryAfterSeconds: 1,
  });
}

/** Creates causes with the reason that matches the message. */
export const cause = {
  required: (field: string, detail = ''): StatusCause => ({
    reason: 'FieldValueRequired',
    message: detail ? `Required value: ${detail}` : 'Required value',
    field,
  }),
  invalid: (field: string, value: unknown, detail: string): StatusCause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
    field,
  }),
  /** Creates a cause without a value, as kube-apiserver does for CEL rules. */
  rule: (field: string, reason: string, message: string): StatusCause => ({ reason, message, field }),
  type: (field: string, actual: string, expected: string): StatusCause => ({
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: "${actual}": ${field} in body must be of type ${expected}: "${actual}"`,
    field,
  }),
  unsupported: (field: string, value: unknown, supported: readonly unknown[]): StatusCause => ({
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((item) => JSON.stringify(item)).join(', ')}`,
    field,
  }),
  tooLong: (field: string, limit: number): StatusCause => ({
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${limit} bytes`,
    field,
  }),
  tooMany: (field: string, count: number, limit: number): StatusCause => ({
    reason: 'FieldValueTooMany',
    message: `Too many: ${count}: must have at most ${limit} items`,
    field,
  }),
  duplicate: (field: string, value: unknown): StatusCause => ({
    reason: 'FieldValueDuplicate',
    message: `Duplicate value: ${JSON.stringify(value)}`,
    field,
  }),
  forbidden: (field: string, detail: string): StatusCause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
    field,
  }),
};
