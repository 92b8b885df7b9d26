import { type ErrorBody, type RefusedRequest } from '../protocol';
import { API_VERSION_HEADER } from './api-version';

/** Returns the error body of the distribution-spec ("Error Codes"). */
export function ociErrorBody({ ociCode, message }: RefusedRequest): ErrorBody {
  return {
    contentType: 'application/json; charset=utf-8',
    headers: API_VERSION_HEADER,
    body: JSON.stringify({ errors: [{ code: ociCode, message }] }),
  };
}
