import { ApiError, forbidden } from './api-error';
import { type Rbac } from './rbac';
import { type RequestInfo, type RequestTarget } from './request-info';
import { type UserInfo } from './user-info';

/**
 * Checks with RBAC that a user may make a request.
 *
 * @throws ApiError 403 when the user may not
 */
export function authorize(user: UserInfo, { verb, path, target }: RequestInfo, rbac: Rbac): void {
  if (!target) {
    if (rbac.decide(user, { verb, path }).allowed) {
      return;
    }
    const message = `forbidden: User "${user.username}" cannot ${verb} path "${path}"`;
    throw new ApiError(message, { code: 403, reason: 'Forbidden', subject: { group: '', kind: '' } });
  }
  const { group, resource, subresource, namespace, selectedName } = target;
  const name = target.name ?? selectedName;
  if (rbac.decide(user, { verb, group, resource, subresource, namespace, name }).allowed) {
    return;
  }
  throw forbidden({ group, kind: resource, name }, refusal(user, verb, target));
}

function refusal({ username }: UserInfo, verb: string, { group, resource, subresource, namespace }: RequestTarget): string {
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return `User "${username}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`;
}
