import { ProxyError } from '../../proxy.errors';
import { type OciRequest } from './oci-request';
import { isUpload } from './oci-routes';

/** The type of a blob's content in every upload (distribution-spec, "Pushing blobs"). */
const CONTENT = 'application/octet-stream';

/** Anywhere in the value: of a list, some servers read the first element and some the last. */
const FORM = /form-urlencoded|multipart/;

/**
 * The Content-Type under which the body of an upload goes upstream (rule C4b). Registries read `mount`, `from`, `digest` and `_state`
 * from a form in the body before they look at the query (Go's `FormValue`), and we have not looked into the body. So the request that
 * begins an upload has to say that its body is content, and goes on saying exactly that. A later one that says `form`, as curl does by
 * itself, goes on as the content that it can only be; any other type stays, because a pre-signed location may want it.
 *
 * @returns headers to put over the client's
 * @throws ProxyError UploadTypeRefused
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
