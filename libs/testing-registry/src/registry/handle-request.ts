import { type RepositoryAccess } from './accounts';
import { type AuthGate } from './auth-gate';
import { handleBlob } from './blobs';
import { type Exchange } from './exchange';
import { listPath, listRedirect } from './list-redirects';
import { parseOutsidePath } from './locations';
import { handleManifest } from './manifests';
import { listReferrers } from './referrers';
import { RegistryError } from './registry-error';
import { type RegistryQuirks } from './quirks';
import { type RegistryContext } from './registry-context';
import { jsonReply, type Reply } from './reply';
import { parseRoute, type Route } from './routes';
import { listTags } from './tags';
import { continueUpload, startUpload } from './upload-requests';

/** Handles one request to the registry: finds the route, checks the credential, and returns the response. */
export async function handleRequest(context: RegistryContext, gate: AuthGate, exchange: Exchange): Promise<Reply> {
  const reply = await answer(context, gate, exchange).catch((error: unknown) => {
    if (error instanceof RegistryError) {
      return error.toReply();
    }
    throw error;
  });
  return { ...reply, headers: { ...commonHeaders(context), ...reply.headers } };
}

async function answer(context: RegistryContext, gate: AuthGate, exchange: Exchange): Promise<Reply> {
  const route = routeOf(context, exchange.record.path);
  const may = gate.admit(exchange, needs(route, exchange, context.quirks));
  if (route.kind === 'ping') {
    return jsonReply(200, {});
  }
  checkName(context, route.repository);
  const redirect = listRedirect(context, exchange, route);
  if (redirect) {
    return redirect;
  }
  switch (route.kind) {
    case 'manifest':
      return handleManifest(context, exchange, route);
    case 'blob':
      return handleBlob(context, exchange, route);
    case 'upload-start':
      return startUpload(context, exchange, route.repository, may);
    case 'upload':
      return continueUpload(context, exchange, route);
    case 'tags':
      return listTags(context, exchange, route.repository);
    case 'referrers':
      return listReferrers(context, exchange, route);
  }
}

function routeOf(context: RegistryContext, path: string): Route {
  const outside = parseOutsidePath(path);
  if (outside) {
    return outside;
  }
  const list = listPath(path);
  if (list !== undefined) {
    return parseRoute(list);
  }
  return parseRoute(path.startsWith(`${context.basePath}/`) ? path.slice(context.basePath.length) : '');
}

/** Returns the rights that distribution requires for the request (registry/handlers, `appendAccessRecords`). */
function needs(route: Route, exchange: Exchange, { deleteNeeds = ['delete'] }: RegistryQuirks): RepositoryAccess[] {
  if (route.kind === 'ping') {
    return [];
  }
  const { repository } = route;
  if (route.kind === 'upload' || route.kind === 'upload-start') {
    return [{ repository, actions: ['pull', 'push'] }, ...mountSource(exchange)];
  }
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      return [{ repository, actions: ['pull'] }];
    case 'DELETE':
      return [{ repository, actions: deleteNeeds }];
    default:
      return [{ repository, actions: ['pull', 'push'] }];
  }
}

function mountSource(exchange: Exchange): RepositoryAccess[] {
  const from = exchange.parameters.get('from');
  return from === null || !exchange.parameters.has('mount') ? [] : [{ repository: from, actions: ['pull'] }];
}

/** Refuses names that the specification allows, but that do not exist in this registry. */
function checkName(context: RegistryContext, repository: string): void {
  if (context.quirks.pushTokenCreates && !context.content.find(repository)) {
    throw new RegistryError('NAME_UNKNOWN', `no repository ${repository}`);
  }
  const prefix = context.options.repositoryPrefix;
  const outsidePrefix = prefix !== undefined && !repository.startsWith(`${prefix}/`);
  if (outsidePrefix) {
    throw new RegistryError('NAME_UNKNOWN', `no repository ${repository}`);
  }
}

function commonHeaders(context: RegistryContext): Record<string, string> {
  return {
    'docker-distribution-api-version': 'registry/2.0',
    ...(context.quirks.sessionCookie ? { 'set-cookie': 'sid=fixture-session; Path=/; HttpOnly' } : {}),
  };
}
