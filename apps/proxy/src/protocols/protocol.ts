import { type IncomingHttpHeaders } from 'node:http';
import { type ConnectorClassHttp, type ProxyVerb, type UpstreamAddress } from '@oci-connector/connector-api';
import { type RepositoryAction, type RepositoryScope } from '@oci-connector/oci-auth';
import { type ClientPaths } from '../naming/naming';
import { type BodyConsumer } from '../transfer/body';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type ResponseHeaders } from '../upstream/response-headers';

/**
 * The border between the request pipeline and what knows a protocol. A handler moves no byte and
 * never sees a credential; all it may ask for is a further verb of the client and a key that seals locations. It turns an
 * authorised request into an {@link UpstreamPlan}, which the pipeline carries out. Requests that break the protocol are thrown as `ProxyError`.
 */
export interface ProtocolHandler {
  /**
   * The verb that a request needs. The protocol of a request is only known once its client may use the connector: it is authorised
   * by the verb that {@link Protocols.requiredVerb} says then, and by this one as well where that is another.
   *
   * @param path the raw path without the connector's part, as in {@link ConnectorRequest.path}
   * @returns undefined for a method that is not served
   */
  verbOf(method: string, path: string): ProxyVerb | undefined;
  /** Values of Upgrade that are as good as absent, in lower case (RFC 9110 §7.8). All others but WebSocket are answered 501. */
  readonly ignoredUpgrades?: ReadonlySet<string>;
  /** The answer to a request that belongs to no connector. Absent: the protocol has no such request. @throws ProxyError MethodNotAllowed */
  ping?(method: string, path: string): Ping | undefined;
  /** The request headers of a client that go upstream, in lower case; all others stay here (rule C7). {@link UpstreamPlan.requestHeaders} is put over them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  /** The body of a refusal by the proxy. Absent: that of the distribution-spec, which is sent before the protocol is known, too. */
  errorBody?(error: RefusedRequest): ErrorBody;
  /** @throws ProxyError when the request is outside the protocol's grammar or names an unknown route */
  plan(request: ConnectorRequest): UpstreamPlan | Promise<UpstreamPlan>;
  /** The same for a GET that asks for a WebSocket. Absent: 501. @throws ProxyError UpgradeUnsupported when this Connector has none */
  planWebSocket?(request: ConnectorRequest): Promise<UpstreamPlan>;
}

/** The answer that tells a client with a valid token that the protocol is spoken here; others are refused and learn how to log in. */
export interface Ping {
  /** For logs and metric labels. */
  readonly route: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a refusal says. */
export interface RefusedRequest {
  readonly status: number;
  /** The code of the distribution-spec that fits. */
  readonly ociCode: string;
  /** Of bounded length, with nothing that cannot be printed. */
  readonly message: string;
}

export interface ErrorBody {
  readonly contentType: string;
  /** What the protocol adds. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request whose client may use the connector, with the connector's part taken off its path. */
export interface ConnectorRequest {
  readonly method: string;
  /**
   * The raw path, byte for byte as sent, without query and without the connector's part, wherever the client put that. It always
   * begins with `/`.
   */
  readonly path: string;
  /** The raw query without its `?`; empty when there is none. */
  readonly query: string;
  /** What the client puts before its paths: what an answer names is found there. */
  readonly paths: ClientPaths;
  readonly connector: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** `spec.http` of the connector's class. */
  readonly classHttp?: ConnectorClassHttp;
  /** The parsed `spec.address` of the connector. */
  readonly address: UpstreamAddress;
  /** The ServiceAccount that asks. */
  readonly client: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly headers: IncomingHttpHeaders;
  /** True when the request is framed with a body that is not empty (Content-Length over 0, or Transfer-Encoding). */
  readonly hasBody: boolean;
  /**
   * Asks whether the client holds a further verb besides the one that {@link ProtocolHandler.verbOf} named, such as `get` for
   * the source of a cross-repository mount. May throw ProxyError (503).
   */
  readonly allows: (verb: ProxyVerb) => Promise<boolean>;
}

/** The registry is asked how it wants to be logged in to. */
export interface ChallengeLogin {
  readonly kind: 'challenge';
  /** Scopes of the upstream token, the one to push to first (some registries read only one); empty when none is needed. */
  readonly scopes: readonly RepositoryScope[];
  /** Actions that the registry's own challenge may make us ask for, at most: those that the client's verb covers. Absent: the scopes' own. */
  readonly actionLimit?: readonly RepositoryAction[];
  /** Of a read: the scopes of a token to write to the same repository, which serves as well, for those who may write, while there is one. */
  readonly writeScopes?: readonly RepositoryScope[];
  /** A token with less life than this is renewed before the body is sent; 0 = any valid token will do. */
  readonly minimumTokenLifetimeMs: number;
}

/** User name and password are sent with every request, asked for or not. */
export interface BasicLogin {
  readonly kind: 'basic';
}

/** What is to be sent to the registry, and what is to be done with its answer. */
export interface UpstreamPlan {
  readonly method: string;
  readonly target: UpstreamTarget;
  readonly login: ChallengeLogin | BasicLogin;
  /** A request with which a push begins, to see what is there already. */
  readonly precedesPush?: boolean;
  /**
   * Of a request with a body: one without, to the same repository, that needs the same right and that cannot succeed or changes
   * nothing. It tells, before the first byte or after a refusal, how the registry authorises writes.
   */
  readonly emptyWrite?: UpstreamPlan;
  /** The answer 101 makes a WebSocket of the client's connection; others are answered as they always are. */
  readonly webSocket?: true;
  /** For logs and metrics. */
  readonly action: 'pull' | 'push' | 'delete' | 'websocket';
  /** For logs: the repository as the registry knows it; absent where the protocol has none. */
  readonly repository?: string;
  /** For logs and metric labels: a route template of bounded number, never a path. */
  readonly route: string;
  /** Follow 3xx inside the proxy, without the credential on another origin. False: `rewriteResponse` deals with them. */
  readonly followRedirects: boolean;
  /** True when the request has no body, so that it can be sent again after a 401 or a lost connection. */
  readonly replayable: boolean;
  /** Put over the client's request headers after the allow-list; `undefined` takes the client's away. */
  readonly requestHeaders: Readonly<Record<string, string | undefined>>;
  /**
   * Turns the response into what the client may see. Call it once with the final status and headers, before anything is
   * written.
   *
   * @param answered the place that answered, after redirects; what the response names is relative to it
   * @throws ProxyError (502) when the response names a place that cannot be mapped
   */
  rewriteResponse(status: number, headers: ResponseHeaders, answered: UpstreamTarget): RewrittenResponse;
  /**
   * The same request without its cross-repository mount. To be used when the token endpoint refuses the two scopes, or
   * the registry answers this plan 4xx: a failed mount must end as a plain upload, never as an error
   * (moby/buildkit#2454).
   */
  readonly withoutMount?: UpstreamPlan;
}

/** The response's headers for the client and what is still to be done before they are sent. */
export interface RewrittenResponse {
  readonly headers: ResponseHeaders;
  /**
   * A place on another origin that a sealed location in `headers` leads to. The pipeline asks the egress policy now and
   * answers 502 when it refuses, so that a client never begins what its next request could not go on with.
   */
  readonly sealedTarget?: UpstreamTarget;
  /** Present when the body is changed while it streams. Its length is then not known before. */
  readonly body?: BodyRewrite;
}

/** Makes what one body goes through on its way to `next`. It keeps no more of the body than a piece, and hands on what `next` asks for. */
export type BodyRewrite = (next: BodyConsumer) => BodyConsumer;

const VERBS: Readonly<Record<string, ProxyVerb>> = {
  GET: 'get',
  HEAD: 'get',
  OPTIONS: 'get',
  POST: 'update',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

/** Method to verb, the same for every protocol. `undefined`: the method is answered 405. */
export function verbOfMethod(method: string): ProxyVerb | undefined {
  return Object.hasOwn(VERBS, method) ? VERBS[method] : undefined;
}
