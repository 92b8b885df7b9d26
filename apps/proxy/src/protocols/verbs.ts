import { type ProxyVerb } from '@oci-connector/connector-api';
import { ProxyError } from '../proxy.errors';

const VERBS: Readonly<Record<string, ProxyVerb>> = {
  GET: 'get',
  HEAD: 'get',
  OPTIONS: 'get',
  POST: 'update',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

/** Returns the verb for a method, the same for every protocol; undefined for a method that is answered with 405. */
export function verbOfMethod(method: string): ProxyVerb | undefined {
  return Object.hasOwn(VERBS, method) ? VERBS[method] : undefined;
}

/** The value of Allow (RFC 9110 §10.2.1): the methods that some protocol serves. */
export const SERVED_METHODS = Object.keys(VERBS).join(', ');

/** Returns the error for a method that has no verb. */
export function methodNotServed(method: string): ProxyError {
  return new ProxyError('MethodNotAllowed', `method ${method} is not served`);
}
