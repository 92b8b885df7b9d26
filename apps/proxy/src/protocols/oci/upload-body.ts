import { ProxyError } from '../../proxy.errors';
import { type OciRequest } from './oci-request';
import { isUpload } from './oci-routes';

/** The type of a blob's content in every upload (distribution-spec, "Pushing blobs"). */
const CONTENT = 'application/octet-stream';

/** Matches anywhere in the value: if it is a list, some servers read the first element and some the last. */
const FORM = /form-urlencoded|multipart/;

/**
 * Returns the Content-Type with which the body of an upload goes upstream (rule C4b). Registries read `mount`, `from`, `digest` and
 * `_state` from a form in the body before they read the query (Go's `FormValue`), and the proxy does not read the body. So the request
 * that begins an upload must declare its body as content, and is forwarded with exactly this type. A later request that declares a form,
 * as curl does by default, is forwarded as content, too, because its body can only be that. Every other type is kept, because a
 * pre-signed location may require it.
 *
 * @returns headers that override the client's
 * @throws ProxyError UploadTypeRefused when the request that begins an upload declares its body as anything else than content
 */
export function uploadBodyHeaders({ request, route }: OciRequest): Readonly<Record<string, string>> {
  if (!request.hasBody || !isUpload(route)) {
    return {};
  }
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  if (route.kind === 'upload-session') {
    return FORM.test(type) ? { 'content-type': CONTENT } : {};
  }
  const [essence = ''] = type.split(';', 1);
  if (type !== '' && essence.trim() !== CONTENT) {
    throw new ProxyError('UploadTypeRefused', `the body of a request that begins an upload must be sent as Content-Type: ${CONTENT}`);
  }
  return { 'content-type': CONTENT };
}
