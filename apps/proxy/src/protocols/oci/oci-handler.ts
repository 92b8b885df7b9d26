import { repositoryPrefix, type UpstreamAddress } from '@oci-connector/connector-api';
import { type RepositoryScope } from '@oci-connector/oci-auth';
import { type LocationSeal, type SealBinding, SEALED_PREFIX } from '../../sealing/location-seal';
import { type UpstreamPlace } from '../../upstream/upstream-place';
import { targetOf, type UpstreamTarget } from '../../upstream/upstream-target';
import { REGISTRY_HEADERS } from '../forwarded-headers';
import { type ConnectorRequest, type OwnPath, type ProtocolHandler, type UpstreamPlan } from '../protocol';
import { findCrossMount, uploadStartQuery, type CrossMount } from './cross-mount';
import { ociErrorBody } from './oci-error-body';
import { namesOf } from './oci-names';
import { ociPing } from './oci-ping';
import { type OciRequest } from './oci-request';
import { rewriteOciResponse } from './oci-response';
import {
  actionLimit,
  actionOf,
  contentOf,
  isList,
  isUpload,
  precedesPush,
  scopeActions,
  tailOf,
  traitsOf,
  upstreamPath,
} from './oci-routes';
import { ociVerb } from './oci-verb';
import { checkRawQuery, OWN_PARAMETERS, queryValues, SEALED_PARAMETER, withoutParameters, withQuery } from './raw-query';
import { isDigest, type OciRoute, parseOciPath } from './route-grammar';
import { uploadBodyHeaders } from './upload-body';

/**
 * A token with less remaining lifetime is renewed before a body is sent: if the registry refused the token after the body, the proxy could
 * not send the streamed body again. Half of the shortest lifetime of tokens (60 s, distribution token specification).
 */
const MINIMUM_TOKEN_LIFETIME_MS = 30_000;

/** The proxy rewrites a list, so the registry has to send it complete and uncompressed. */
const WHOLE_AND_PLAIN = { 'accept-encoding': 'identity', range: undefined, 'if-range': undefined };

/** Serves the OCI distribution-spec (v1.1) for Connectors of `spec.protocol: oci`. */
export class OciHandler implements ProtocolHandler {
  /** java.net.http, which oras-java uses, requests HTTP/2 with every request to an http URL. */
  readonly ignoredUpgrades: ReadonlySet<string> = new Set(['h2c']);
  readonly verbOf = ociVerb;
  readonly ping = ociPing;
  readonly errorBody = ociErrorBody;
  readonly forwardedHeaders = REGISTRY_HEADERS;

  constructor(private readonly seal: LocationSeal) {}

  inside(path: string, address: UpstreamAddress): OwnPath | undefined {
    const { repository } = parseOciPath(path);
    const prefix = repositoryPrefix(address);
    if (prefix === '') {
      return { path, paths: { root: '', registryRoot: '/v2/', repositoryPrefix: '' } };
    }
    if (!repository.startsWith(`${prefix}/`)) {
      return undefined;
    }
    return {
      path: `/v2${path.slice(`/v2/${prefix}`.length)}`,
      paths: { root: '', registryRoot: '/v2/', repositoryPrefix: `${prefix}/` },
    };
  }

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
    const content = contentOf(route, request.query);
    const sealPlace = (place: UpstreamPlace): string => this.seal.seal(place, bindingOf(understood));
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
      reference: content.reference,
      digest: content.digest,
      route: traitsOf(route, method).template,
      // Clients differ in how they follow redirects of requests with a body, so the proxy follows none of them.
      followRedirects: (method === 'GET' || method === 'HEAD') && route.kind !== 'upload-session',
      replayable: !hasBody,
      requestHeaders: route.kind === 'tags' ? WHOLE_AND_PLAIN : uploadBodyHeaders(understood),
      rewriteResponse: (status, headers, answered) =>
        rewriteOciResponse({ status, headers, answered }, { request, route, names, mount, seal: sealPlace }),
    };
    return hasBody && target.sendCredential ? { ...plan, emptyWrite: { ...plan, ...emptyWriteFor(understood, target) } } : plan;
  }
}

/** The actions of an upload, the same from its first request to its last. */
const WRITING = scopeActions({ kind: 'upload-start', repository: '' }, 'POST');

/** No content has this digest, so even a registry that would store an empty manifest refuses it under this digest. */
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Removes the headers about the client's body, which an empty write does not send. */
const WITHOUT_CONTENT = { 'content-range': undefined, 'content-encoding': undefined, 'content-type': undefined };

/**
 * Returns the changes that turn a plan into its {@link UpstreamPlan.emptyWrite}. For an upload session: a PATCH of zero bytes to it, never
 * the PUT that ends it. For a manifest, and for an upload that begins with its content: an empty manifest under an impossible digest.
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

/** Returns the sealed place in a request, which is an upload's session or a parameter of a list; undefined if there is none. */
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

/** Returns the scopes with the repository to write to first, because some token servers read only the first scope. */
function scopesFor({ request, route, names }: OciRequest, mount: CrossMount | undefined): RepositoryScope[] {
  const own: RepositoryScope = { repository: names.upstream, actions: scopeActions(route, request.method) };
  return mount?.from === undefined ? [own] : [own, { repository: mount.from, actions: ['pull'] }];
}

/**
 * Adds the client's digest to the path of a sealed upload location. The client sees no query in a sealed location, so the client itself
 * added every parameter. Of these the proxy forwards only the digest that ends an upload (distribution-spec, "Closing an upload session").
 * For a list it forwards none: the registry's URL defines the page, and some clients add `n` and `last` to any Link.
 */
function withClientDigest(path: string, query: string): string {
  const digest = queryValues(query, 'digest').at(-1);
  if (digest === undefined || !isDigest(digest)) {
    return path;
  }
  return `${path}${path.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}
