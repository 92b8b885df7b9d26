import { type ProxyVerb } from '@oci-connector/connector-api';
import { verbOfMethod } from '../protocol';

/** As the method says, but whatever touches an upload is part of pushing: its status (GET) and its cancellation (DELETE) need `update`. */
export function ociVerb(method: string, path: string): ProxyVerb | undefined {
  const verb = verbOfMethod(method);
  // The strict grammar of the routes refuses every other spelling of these bytes, so nothing slips by.
  return verb !== undefined && path.startsWith('/v2/') && isOfUpload(path) ? 'update' : verb;
}

function isOfUpload(path: string): boolean {
  return path.includes('/blobs/uploads/') || path.endsWith('/blobs/uploads');
}
