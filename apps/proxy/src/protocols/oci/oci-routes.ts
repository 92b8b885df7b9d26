import { type RepositoryAction } from '@oci-connector/oci-auth';
import { ProxyError } from '../../proxy.errors';
import { type UpstreamPlan } from '../protocol';
import { queryValues } from './raw-query';
import { isDigest, type OciRoute } from './route-grammar';

/** Properties of a route that do not depend on its parameters. */
export interface RouteTraits {
  /** For logs and metrics. */
  readonly template: string;
  readonly methods: readonly string[];
}

const TRAITS: Readonly<Record<OciRoute['kind'], RouteTraits>> = {
  manifest: { template: '/v2/{name}/manifests/{reference}', methods: ['GET', 'HEAD', 'PUT', 'DELETE'] },
  blob: { template: '/v2/{name}/blobs/{digest}', methods: ['GET', 'HEAD', 'DELETE'] },
  'upload-start': { template: '/v2/{name}/blobs/uploads/', methods: ['POST'] },
  'upload-session': { template: '/v2/{name}/blobs/uploads/{reference}', methods: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'] },
  tags: { template: '/v2/{name}/tags/list', methods: ['GET', 'HEAD'] },
  referrers: { template: '/v2/{name}/referrers/{digest}', methods: ['GET', 'HEAD'] },
};

/** @throws ProxyError MethodNotAllowed when the route does not have the method */
export function traitsOf(route: OciRoute, method: string): RouteTraits {
  const traits = TRAITS[route.kind];
  if (!traits.methods.includes(method)) {
    throw new ProxyError(
      'MethodNotAllowed',
      `method ${method} is not part of the OCI distribution-spec for ${traits.template}; use ${traits.methods.join(', ')}`,
    );
  }
  return traits;
}

export function isUpload(route: OciRoute): boolean {
  return route.kind === 'upload-start' || route.kind === 'upload-session';
}

/** Whether the response is a list, which may have further pages. */
export function isList(route: OciRoute): boolean {
  return route.kind === 'tags' || route.kind === 'referrers';
}

export function actionOf(route: OciRoute, method: string): UpstreamPlan['action'] {
  if (isUpload(route) || method === 'PUT') {
    return 'push';
  }
  return method === 'DELETE' ? 'delete' : 'pull';
}

/**
 * Returns the actions that the upstream token has to allow. All requests of an upload require the same actions, so that one token is enough
 * for them. Cancelling an upload requires `delete` in addition, because the distribution registry checks only the method.
 */
export function scopeActions(route: OciRoute, method: string): readonly RepositoryAction[] {
  if (isUpload(route)) {
    return method === 'DELETE' ? ['pull', 'push', 'delete'] : ['pull', 'push'];
  }
  if (method === 'PUT') {
    return ['pull', 'push'];
  }
  return method === 'DELETE' ? ['delete'] : ['pull'];
}

/**
 * Returns the actions that the proxy requests at most, even if a challenge names more. For a read it never requests `push`, because some
 * registries then create the repository. For a deletion it may request the registry's own action for it: Quay uses `push`, others `*`.
 */
export function actionLimit(route: OciRoute, method: string): readonly RepositoryAction[] {
  if (method === 'DELETE') {
    return ['pull', 'push', 'delete', '*'];
  }
  return isUpload(route) || method === 'PUT' ? ['pull', 'push'] : ['pull'];
}

/** Returns the content that a request names, for the log. References and digests that match the grammar have at most 255 characters. */
export function contentOf(route: OciRoute, query: string): Pick<UpstreamPlan, 'reference' | 'digest'> {
  const name = contentName(route, query);
  return { reference: route.kind === 'manifest' ? name : undefined, digest: name !== undefined && isDigest(name) ? name : undefined };
}

function contentName(route: OciRoute, query: string): string | undefined {
  switch (route.kind) {
    case 'manifest':
      return route.reference;
    case 'blob':
    case 'referrers':
      return route.digest;
    case 'upload-start':
    case 'upload-session':
      return queryValues(query, 'digest').at(-1) ?? queryValues(query, 'mount').at(-1);
    case 'tags':
      return undefined;
  }
}

/** Whether a push begins with this request: clients do not send content that the registry already has. */
export function precedesPush(route: OciRoute, method: string): boolean {
  return method === 'HEAD' && (route.kind === 'manifest' || route.kind === 'blob');
}

/** Returns the path at the registry for a parsed route. Not for a sealed session, which contains its own path. */
export function upstreamPath(route: OciRoute, repository: string): string {
  return `/v2/${repository}/${tailOf(route)}`;
}

/** Returns the part of a route's path after the repository, which is the same for the registry and the client. */
export function tailOf(route: OciRoute): string {
  switch (route.kind) {
    case 'manifest':
      return `manifests/${route.reference}`;
    case 'blob':
      return `blobs/${route.digest}`;
    case 'upload-start':
      return 'blobs/uploads/';
    case 'upload-session':
      return `blobs/uploads/${route.session}`;
    case 'tags':
      return 'tags/list';
    case 'referrers':
      return `referrers/${route.digest}`;
  }
}
