import { type ProxyVerb } from '@oci-connector/connector-api';
import { verbOfMethod } from '../verbs';

/** Returns the method's verb, but `update` for every request about an upload, also its status (GET) and cancellation (DELETE). */
export function ociVerb(method: string, path: string): ProxyVerb | undefined {
  const verb = verbOfMethod(method);
  // The strict grammar of the routes refuses every other spelling of these bytes, so this comparison misses no upload.
  return verb !== undefined && path.startsWith('/v2/') && isOfUpload(path) ? 'update' : verb;
}

function isOfUpload(path: string): boolean {
  return path.includes('/blobs/uploads/') || path.endsWith('/blobs/uploads');
}
