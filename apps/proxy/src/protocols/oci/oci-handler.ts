import { type RepositoryScope } from '@oci-connector/oci-auth';
import { type LocationSeal, type SealBinding, SEALED_PREFIX, type SealedPlace } from '../../sealing/location-seal';
import { targetOf, type UpstreamTarget } from '../../upstream/upstream-target';
import { REGISTRY_HEADERS } from '../forwarded-headers';
import { type ConnectorRequest, type ProtocolHandler, type UpstreamPlan } from '../protocol';
import { findCrossMount, uploadStartQuery, type CrossMount } from './cross-mount';
import { ociErrorBody } from './oci-error-body';
import { namesOf } from './oci-names';
import { ociPing } from './oci-ping';
import { type OciRequest } from './oci-request';
import { rewriteOciResponse } from './oci-response';
import { actionLimit, actionOf, isList, isUpload, precedesPush, scopeActions, tailOf, traitsOf, upstreamPath } from './oci-routes';
import { ociVerb } from './oci-verb';
import { checkRawQuery, OWN_PARAMETERS, queryValues, SEALED_PARAMETER, withoutParameters, withQuery } from './raw-query';
import { isDigest, type OciRoute, parseOciPath } from './route-grammar';
import { uploadBodyHeaders } from './upload-body';

/**
 * Below this, a token is renewed before a body is sent: a refusal after the body cannot be repaired, because a stream
 * cannot be sent twice. Half of the shortest lifetime that token servers give (60 s, distribution token specification).
 */
const MINIMUM_TOKEN_LIFETIME_MS = 30_000;

/** A list is rewritten or counted, so it has to come whole and not compressed. */
const WHOLE_AND_PLAIN = { 'accept-encoding': 'identity', range: undefined, 'if-range': undefined };

/** The OCI distribution-spec (v1.1) for connectors of `spec.protocol: oci`. */
export class OciHandler implements ProtocolHandler {
  /** java.net.http asks for HTTP/2 with every request to an http URL; oras-java is built on it. */
  readonly ignoredUpgrades: ReadonlySet<string> = new Set(['h2c']);
  readonly verbOf = ociVerb;
  readonly ping = ociPing;
  readonly errorBody = ociErrorBody;
  readonly forwardedHeaders = REGISTRY_HEADERS;

  constructor(private readonly seal: LocationSeal) {}

  plan(request: ConnectorRequest): UpstreamPlan | Promise<UpstreamPlan> {
    const route = parseOciPath(request.path);
    traitsOf(route, request.method);
    checkRawQuery(request.query);
    const understood = { request, route, names: namesOf(request, route.repository) };
    if (route.kind === 'upload-start') {
      return this.#planUploadStart(understood);
    }
    const sealed = sealedPart(route, request.query);
    if (sealed !== undefined) {
      return this.#sealedTarget(understood, sealed).then((target) => this.#planFor(understood, target));
    }
    return this.#planFor(understood, targetFor(understood, undefined));
  }

  async #planUploadStart(understood: OciRequest): Promise<UpstreamPlan> {
    const mount = await findCrossMount(understood.request);
    const withoutMount = this.#planFor(understood, targetFor(understood, undefined));
    return mount === undefined ? withoutMount : { ...this.#planFor(understood, targetFor(understood, mount), mount), withoutMount };
  }

  async #sealedTarget(understood: OciRequest, sealed: string): Promise<UpstreamTarget> {
    const { request, route } = understood;
    const { origin, path } = await this.seal.open(sealed, bindingOf(understood));
    return targetOf({ origin, path: isUpload(route) ? withClientDigest(path, request.query) : path }, request.address);
  }

  #planFor(understood: OciRequest, target: UpstreamTarget, mount?: CrossMount): UpstreamPlan {
    const { request, route, names } = understood;
    const { method, hasBody } = request;
    const limit = actionLimit(route, method);
    const sealPlace = (place: SealedPlace): string => this.seal.seal(place, bindingOf(understood));
    const plan: UpstreamPlan = {
      method,
      target,
      login: {
        kind: 'challenge',
        scopes: target.sendCredential ? scopesFor(understood, mount) : [],
        actionLimit: limit,
        writeScopes: limit.length === 1 ? [{ repository: names.upstream, actions: WRITING }] : undefined,
        minimumTokenLifetimeMs: hasBody ? MINIMUM_TOKEN_LIFETIME_MS : 0,
      },
      precedesPush: precedesPush(route, method),
      action: actionOf(route, method),
      repository: names.upstream,
      route: traitsOf(route, method).template,
      // Clients do not agree on redirects of requests with a body, so the proxy follows none of those either.
      followRedirects: (method === 'GET' || method === 'HEAD') && route.kind !== 'upload-session',
      replayable: !hasBody,
      requestHeaders: route.kind === 'tags' ? WHOLE_AND_PLAIN : uploadBodyHeaders(understood),
      rewriteResponse: (status, headers, answered) =>
        rewriteOciResponse({ status, headers, answered }, { request, route, names, mount, seal: sealPlace }),
    };
    return hasBody && target.sendCredential ? { ...plan, emptyWrite: { ...plan, ...emptyWriteFor(understood, target) } } : plan;
  }
}

/** The actions of an upload, which ask for the same from its first request to its last. */
const WRITING = scopeActions({ kind: 'upload-start', repository: '' }, 'POST');

/** Nothing has this digest, so an empty manifest under it is refused even by a registry that would store one. */
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/** About the client's own body, which this is not. */
const WITHOUT_CONTENT = { 'content-range': undefined, 'content-encoding': undefined, 'content-type': undefined };

/**
 * Of an upload that was begun: a PATCH of zero bytes on that session, never the PUT that ends it. Of a manifest, and of an upload that
 * begins with its content: an empty manifest, under a digest that it cannot have.
 */
function emptyWriteFor({ request, route, names }: OciRequest, target: UpstreamTarget): Partial<UpstreamPlan> {
  const common = { replayable: true, requestHeaders: WITHOUT_CONTENT };
  if (route.kind === 'upload-session') {
    const [path = '', ...query] = target.path.split('?');
    return { ...common, method: 'PATCH', target: { ...target, path: withQuery(path, withoutParameters(query.join('?'), ['digest'])) } };
  }
  const path = upstreamPath({ kind: 'manifest', repository: names.upstream, reference: NO_DIGEST }, names.upstream);
  return { ...common, method: 'PUT', target: targetOf({ origin: request.address.origin, path }, request.address) };
}

/** The sealed place that a request leads to, if it does: an upload's session, or a parameter of a list. */
function sealedPart(route: OciRoute, query: string): string | undefined {
  if (route.kind === 'upload-session') {
    return route.session.startsWith(SEALED_PREFIX) ? route.session : undefined;
  }
  return isList(route) && query !== '' ? queryValues(query, SEALED_PARAMETER)[0] : undefined;
}

function targetFor({ request, route, names }: OciRequest, mount: CrossMount | undefined): UpstreamTarget {
  const query = route.kind === 'upload-start' ? uploadStartQuery(request.query, mount) : withoutParameters(request.query, OWN_PARAMETERS);
  return targetOf({ origin: request.address.origin, path: withQuery(upstreamPath(route, names.upstream), query) }, request.address);
}

function bindingOf({ request, route, names }: OciRequest): SealBinding {
  return {
    connectorUid: request.connector.uid,
    repository: names.upstream,
    client: request.client,
    list: isList(route) ? tailOf(route) : undefined,
  };
}

/** The repository that is written to first: some token servers read only the first scope. */
function scopesFor({ request, route, names }: OciRequest, mount: CrossMount | undefined): RepositoryScope[] {
  const own: RepositoryScope = { repository: names.upstream, actions: scopeActions(route, request.method) };
  return mount?.from === undefined ? [own] : [own, { repository: mount.from, actions: ['pull'] }];
}

/**
 * A sealed location has no query that the client could see, so what it appends is its own: the digest that ends an
 * upload (distribution-spec, "Closing an upload session"), and nothing else goes on. Of a list nothing does: the registry's place
 * says how many come next and from where, and some clients add their `n` and `last` to any Link.
 */
function withClientDigest(path: string, query: string): string {
  const digest = queryValues(query, 'digest').at(-1);
  if (digest === undefined || !isDigest(digest)) {
    return path;
  }
  return `${path}${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
