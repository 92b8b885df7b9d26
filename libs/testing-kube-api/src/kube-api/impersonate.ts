import { type IncomingHttpHeaders } from 'node:http';
import { badRequest, forbidden } from './api-error';
import { type Rbac } from './rbac';
import { SYSTEM_AUTHENTICATED, serviceAccountGroups, type UserInfo } from './user-info';

/**
 * Returns the user that a request impersonates (`kubectl --as`), if the real user may do that (verb `impersonate`).
 *
 * @throws ApiError 400 when the request names groups without a user, 403 when the user may not impersonate
 */
export function impersonate(user: UserInfo, headers: IncomingHttpHeaders, rbac: Rbac): UserInfo {
  const username = headers['impersonate-user'];
  const groups = groupsOf(headers);
  if (typeof username !== 'string') {
    if (groups.length > 0) {
      throw badRequest('requested groups without impersonating a user');
    }
    return user;
  }
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  if (namespace !== undefined) {
    mayImpersonate(user, { resource: 'serviceaccounts', namespace, name: name ?? '' }, rbac);
  } else {
    mayImpersonate(user, { resource: 'users', name: username }, rbac);
  }
  for (const group of groups) {
    mayImpersonate(user, { resource: 'groups', name: group }, rbac);
  }
  const implied = namespace === undefined ? [SYSTEM_AUTHENTICATED] : serviceAccountGroups(namespace);
  return { username, groups: groups.length > 0 ? [...new Set([...groups, SYSTEM_AUTHENTICATED])] : implied };
}

function groupsOf(headers: IncomingHttpHeaders): string[] {
  const value = headers['impersonate-group'];
  if (value === undefined) {
    return [];
  }
  return (Array.isArray(value) ? value : value.split(',')).map((group) => group.trim());
}

function mayImpersonate(user: UserInfo, target: { resource: string; namespace?: string; name: string }, rbac: Rbac): void {
  if (rbac.decide(user, { verb: 'impersonate', group: '', ...target }).allowed) {
    return;
  }
  const where = target.namespace === undefined ? 'at the cluster scope' : `in the namespace "${target.namespace}"`;
  const why = `User "${user.username}" cannot impersonate resource "${target.resource}" in API group "" ${where}`;
  throw forbidden({ group: '', kind: target.resource, name: target.name }, why);
}
