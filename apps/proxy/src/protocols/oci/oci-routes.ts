import { type RepositoryAction } from '@oci-connector/oci-auth';
import { ProxyError } from '../../proxy.errors';
import { type UpstreamPlan } from '../protocol';
import { type OciRoute } from './route-grammar';

/** What a route means, whatever its parameters are. */
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

/** @throws ProxyError MethodNotAllowed */
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

/** Whether what is answered may go on at another place, a page at a time. */
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
 * What the upstream token has to allow. Everything about an upload asks for the same, so that one token serves it from
 * the first request to the last; cancelling one needs `delete` beside that, because the distribution registry goes by the
 * method alone.
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
 * What the upstream token may allow at most, whatever a challenge says. A read never asks for `push`: some registries then create the
 * repository. A deletion may ask for whatever its registry calls that: Quay `push`, others `*`.
 */
export function actionLimit(route: OciRoute, method: string): readonly RepositoryAction[] {
  if (method === 'DELETE') {
    return ['pull', 'push', 'delete', '*'];
  }
  return isUpload(route) || method === 'PUT' ? ['pull', 'push'] : ['pull'];
}

/** Whether a push begins with this request: what is there already need not be sent. */
export function precedesPush(route: OciRoute, method: string): boolean {
  return method === 'HEAD' && (route.kind === 'manifest' || route.kind === 'blob');
}

/** The path at the registry, from the parsed route. A session that is sealed has its own. */
export function upstreamPath(route: OciRoute, repository: string): string {
  return `/v2/${repository}/${tailOf(route)}`;
}

/** What follows the repository in a route's path, for the registry and for the client alike. */
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
