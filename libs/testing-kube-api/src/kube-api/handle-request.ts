import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type ApiAnswer, answerOf, PAGE_NOT_FOUND, sendAnswer } from './api-answer';
import { ApiError } from './api-error';
import { authorize } from './authorize';
import { type Cluster } from './cluster';
import { answerDiscovery } from './discovery';
import { type FaultHooks, type InjectedFailure } from './fault-hooks';
import { impersonate } from './impersonate';
import { type JsonObject } from './json';
import { answerOpenApi } from './open-api';
import { answerOpenApiV2 } from './open-api-v2';
import { readBody } from './read-body';
import { parseRequestInfo, type RequestInfo } from './request-info';
import { type LoggedRequest, type RequestLog } from './request-log';
import { answerResource } from './resource-verbs';
import { type Watches } from './watch-stream';

/** State of a server for answering requests. */
export interface RequestContext {
  readonly cluster: Cluster;
  readonly faults: FaultHooks;
  readonly log: RequestLog;
  readonly watches: Watches;
  readonly bookmarkIntervalMs: number;
}

/** Handles a request in these steps: log → faults → authenticate → authorise → answer. */
export async function handleRequest(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void> {
  const info = parseRequestInfo(request.method ?? 'GET', request.url ?? '/');
  const entry = logEntry(request, info);
  context.log.add(entry);
  const answer = await answerUnlessFaulty(request, response, { info, entry, context }).catch(answerOf);
  entry.status = 'status' in answer ? answer.status : 200;
  if ('watch' in answer) {
    await context.watches.run(answer.watch);
  } else {
    sendAnswer(response, answer, retryAfter(answer));
  }
}

interface Handling {
  readonly info: RequestInfo;
  readonly entry: LoggedRequest;
  readonly context: RequestContext;
}

async function answerUnlessFaulty(request: IncomingMessage, response: ServerResponse, handling: Handling): Promise<ApiAnswer> {
  const { faults } = handling.context;
  for (;;) {
    const interference = faults.interfere(handling.entry);
    if (interference === 'none') {
      return answer(request, response, handling);
    }
    if (interference !== 'hang') {
      return failure(interference);
    }
    await faults.untilResumed();
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, { info, entry, context }: Handling): Promise<ApiAnswer> {
  const { cluster, bookmarkIntervalMs } = context;
  const caller = cluster.authentication.authenticate(request.headers.authorization);
  const user = impersonate(caller, request.headers, cluster.rbac);
  entry.user = user.username;
  authorize(user, info, cluster.rbac);
  if (!info.target) {
    return answerPath(info.path, request.headers.accept, cluster);
  }
  const body = await readBody(request);
  const { accept } = request.headers;
  return answerResource({ cluster, info, target: info.target, user, accept, body, response, bookmarkIntervalMs });
}

function answerPath(path: string, accept: string | undefined, cluster: Cluster): ApiAnswer {
  if (path === '/healthz' || path === '/livez' || path === '/readyz') {
    return { status: 200, text: 'ok' };
  }
  if (path === '/openapi/v2') {
    return answerOpenApiV2(accept);
  }
  if (path === '/version') {
    return { status: 200, body: VERSION };
  }
  if (path === '/.well-known/openid-configuration') {
    return { status: 200, body: cluster.tokens.discoveryDocument() };
  }
  if (path === '/openid/v1/jwks') {
    return { status: 200, body: cluster.tokens.keySet() };
  }
  const body = answerDiscovery(path, cluster.catalog) ?? answerOpenApi(path, cluster.catalog);
  return body ? { status: 200, body } : PAGE_NOT_FOUND;
}

/** The Kubernetes version whose behaviour this API reproduces. */
const VERSION: JsonObject = {
  major: '1',
  minor: '37',
  gitVersion: 'v1.37.2',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: `${process.platform}/${process.arch}`,
};

function failure({ status, reason = 'InternalError', message = 'injected failure', retryAfter: seconds }: InjectedFailure): ApiAnswer {
  const error = new ApiError(message, { code: status, reason, retryAfterSeconds: seconds });
  return { status, body: error.toStatus() };
}

/** Returns the Retry-After header for a Status with `retryAfterSeconds`. */
function retryAfter(answer: ApiAnswer): Record<string, string> {
  if (!('body' in answer)) {
    return {};
  }
  const seconds = (answer.body['details'] as JsonObject | undefined)?.['retryAfterSeconds'];
  return typeof seconds === 'number' && answer.status >= 400 ? { 'retry-after': String(seconds) } : {};
}

function logEntry(request: IncomingMessage, { path, verb, target }: RequestInfo): LoggedRequest {
  const { resource = '', subresource, namespace, name } = target ?? {};
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  return { method: request.method ?? 'GET', path, verb, resource: full, namespace, name };
}
