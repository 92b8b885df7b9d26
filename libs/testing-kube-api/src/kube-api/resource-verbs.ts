import { type ServerResponse } from 'node:http';
import { type ApiAnswer, PAGE_NOT_FOUND } from './api-answer';
import { methodNotAllowed } from './api-error';
import { type Cluster } from './cluster';
import { createObject } from './create-object';
import { deleteObject, parseDeletion } from './delete-object';
import { patchObject } from './patch-object';
import { decodeObject } from './prepare-object';
import { parseJson, parseObject, parseOptionalObject, type RequestBody } from './read-body';
import { listObjects, parseSelection } from './read-objects';
import { chooseRepresentation, Presenter } from './representation';
import { isTrue, type RequestInfo, type RequestTarget } from './request-info';
import { type ResourceDefinition } from './resource-definition';
import { answerReview } from './reviews';
import { answerTokenRequest } from './token-request';
import { existingObject, updateObject } from './update-object';
import { type UserInfo } from './user-info';
import { WatchStream } from './watch-stream';
import { parseWriteOptions, type WriteRequest } from './write-request';

/** An authenticated and authorised request for a resource. */
export interface ResourceCall {
  readonly cluster: Cluster;
  readonly info: RequestInfo;
  readonly target: RequestTarget;
  readonly user: UserInfo;
  readonly accept: string | undefined;
  readonly body: RequestBody;
  readonly response: ServerResponse;
  readonly bookmarkIntervalMs: number;
}

interface Served extends ResourceCall {
  readonly definition: ResourceDefinition;
  readonly request: WriteRequest;
  readonly presenter: Presenter;
}

/**
 * Answers a request for a resource.
 *
 * @throws ApiError when the request fails
 */
export function answerResource(call: ResourceCall): ApiAnswer {
  const { cluster, info, target } = call;
  const definition = cluster.catalog.find(target.group, target.version, target.resource);
  if (!definition || !isServed(definition, target)) {
    return PAGE_NOT_FOUND;
  }
  const representation = chooseRepresentation(call.accept);
  const includeObject = info.query.get('includeObject') ?? 'Metadata';
  const presenter = new Presenter(definition, representation, { clock: cluster.clock, includeObject });
  const { namespace, name, subresource } = target;
  const scope = definition.namespaced ? namespace : undefined;
  const options = parseWriteOptions(info.query);
  const request = { cluster, definition, namespace: scope, name, subresource, ...options, warnings: [] };
  const answer = VERBS[info.verb];
  if (!answer) {
    throw methodNotAllowed({ group: definition.group, kind: definition.plural, name });
  }
  return answer({ ...call, definition, request, presenter });
}

function isServed(definition: ResourceDefinition, { subresource, namespace }: RequestTarget): boolean {
  if (!definition.namespaced && namespace !== undefined && definition.kind !== 'Namespace') {
    return false;
  }
  if (subresource === undefined) {
    return true;
  }
  return (subresource === 'status' && definition.hasStatus) || definition.subresources.includes(subresource);
}

const VERBS: Readonly<Record<string, (call: Served) => ApiAnswer>> = {
  get: ({ request, presenter, definition }) => {
    forbidReview(definition);
    return { status: 200, body: presenter.one(existingObject(request)) };
  },
  list: ({ definition, target, info, cluster, presenter }) => {
    forbidReview(definition);
    const selection = parseSelection(definition, target.namespace, info.query);
    return { status: 200, body: presenter.list(listObjects(selection, info.query, cluster)) };
  },
  watch: (call) => {
    forbidReview(call.definition);
    return { watch: watchOf(call) };
  },
  create: answerCreate,
  update: ({ request, body, presenter, definition }) => {
    forbidReview(definition);
    return { status: 200, body: presenter.one(updateObject(parseObject(body), request)), warnings: request.warnings };
  },
  patch: ({ request, body, presenter, definition }) => {
    forbidReview(definition);
    const patched = patchObject(() => parseJson(body), body.mediaType, request);
    return { status: 200, body: presenter.one(patched), warnings: request.warnings };
  },
  delete: ({ request, body, info, definition }) => {
    forbidReview(definition);
    return { status: 200, body: deleteObject(parseDeletion(parseOptionalObject(body), info.query), request) };
  },
  deletecollection: (call) => {
    forbidReview(call.definition);
    const { definition, target, info, cluster, request, presenter, body } = call;
    const selection = parseSelection(definition, target.namespace, info.query);
    const list = listObjects(selection, new URLSearchParams(), cluster);
    const deletion = parseDeletion(parseOptionalObject(body), info.query);
    for (const { metadata } of list.objects) {
      deleteObject(deletion, { ...request, namespace: metadata.namespace, name: metadata.name });
    }
    return { status: 200, body: presenter.list(list) };
  },
};

/** Answers a create request: reviews and token requests get a result, other objects are stored. */
function answerCreate({ request, body, presenter, definition, cluster, user, target }: Served): ApiAnswer {
  const object = parseObject(body);
  if (target.subresource === 'token') {
    return { status: 201, body: answerTokenRequest(object, request) };
  }
  if (target.name !== undefined) {
    throw methodNotAllowed({ group: definition.group, kind: definition.plural, name: target.name });
  }
  if (definition.createOnly) {
    const review = decodeObject(object, request);
    return { status: 201, body: answerReview(review, { cluster, user, namespace: target.namespace }) };
  }
  return { status: 201, body: presenter.one(createObject(object, request)), warnings: request.warnings };
}

function forbidReview({ createOnly, group, plural }: ResourceDefinition): void {
  if (createOnly) {
    throw methodNotAllowed({ group, kind: plural });
  }
}

/** Lifetime of a watch without a timeout from the client. kube-apiserver ends such a watch after 30 to 60 minutes. */
const LONGEST_WATCH_SECONDS = 1800;

function watchOf({ definition, target, info: { query }, cluster, presenter, response, bookmarkIntervalMs }: Served): WatchStream {
  const version = query.get('resourceVersion');
  const from = version === null || version === '' || version === '0' ? undefined : Number(version);
  const timeoutSeconds = Number(query.get('timeoutSeconds') ?? '') || LONGEST_WATCH_SECONDS;
  return new WatchStream({
    store: cluster.store,
    selection: parseSelection(definition, target.namespace, query),
    presenter,
    response,
    options: {
      from,
      sendInitialEvents: isTrue(query.get('sendInitialEvents')),
      bookmarks: isTrue(query.get('allowWatchBookmarks')),
      timeoutMs: timeoutSeconds * 1000,
      bookmarkIntervalMs,
    },
  });
}
