import { type IncomingHttpHeaders } from 'node:http';
import { type ConnectorClassHttp, type ProxyVerb, type UpstreamAddress } from '@oci-connector/connector-api';
import { type RepositoryAction, type RepositoryScope } from '@oci-connector/oci-auth';
import { type ClientPaths } from '../naming/naming';
import { type BodyConsumer } from '../transfer/body';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type ResponseHeaders } from '../upstream/response-headers';

/**
 * The interface between the request pipeline and a protocol. A handler turns an authorised request into an {@link UpstreamPlan}, which the
 * pipeline carries out. It transfers no bytes and never sees a credential. It may only ask whether the client has a further verb, and use
 * the key that seals locations. It throws a `ProxyError` for a request that violates the protocol.
 */
export interface ProtocolHandler extends ErrorFormat {
  /**
   * Returns the verb that a request requires. The proxy knows the protocol of a request only after it has authorised the client for the
   * Connector, by the verb of {@link Protocols.requiredVerb}. If this verb is another one, the proxy checks it, too.
   *
   * @param path the raw path without the Connector's part, as in {@link ConnectorRequest.path}
   * @returns undefined for a method that is not served
   */
  verbOf(method: string, path: string): ProxyVerb | undefined;
  /** Values of Upgrade that the proxy ignores, in lower case (RFC 9110 §7.8). All others except WebSocket get 501. */
  readonly ignoredUpgrades?: ReadonlySet<string>;
  /**
   * Returns the response to a request that names no Connector. Absent if the protocol has no such request.
   *
   * @throws ProxyError MethodNotAllowed when the path exists and the method is not served on it
   */
  ping?(method: string, path: string): Ping | undefined;
  /** The client's request headers that go upstream, in lower case (rule C7). {@link UpstreamPlan.requestHeaders} overrides them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  /**
   * Removes the path prefix of an address from the path of a client that uses the service's own URLs, as clients of the forward proxy do.
   *
   * @returns undefined for a path outside of the address
   * @throws ProxyError when the path does not match the protocol's grammar or names an unknown route
   */
  inside(path: string, address: UpstreamAddress): OwnPath | undefined;
  /** @throws ProxyError when the request does not match the protocol's grammar or names an unknown route */
  plan(request: ConnectorRequest): UpstreamPlan | Promise<UpstreamPlan>;
  /**
   * Like {@link plan}, for a GET that requests a WebSocket. Absent: such a request gets 501.
   *
   * @throws ProxyError UpgradeUnsupported when the Connector allows no WebSocket
   */
  planWebSocket?(request: ConnectorRequest): UpstreamPlan;
}

/** The response that tells a client with a valid token that the proxy serves the protocol. For other clients, 401 says how to log in. */
export interface Ping {
  /** For logs and metric labels. */
  readonly route: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A path without the prefix of an address, and how to put the prefix back. */
export interface OwnPath {
  readonly path: string;
  readonly paths: ClientPaths;
}

/** How the body of the proxy's own error responses looks. */
export interface ErrorFormat {
  /** Returns the body for an error of the proxy. Absent: that of the distribution-spec, which is also sent before the protocol is known. */
  errorBody?(error: RefusedRequest): ErrorBody;
}

/** The contents of an error response of the proxy. */
export interface RefusedRequest {
  readonly status: number;
  /** The matching error code of the distribution-spec. */
  readonly ociCode: string;
  /** Of limited length, and printable. */
  readonly message: string;
}

export interface ErrorBody {
  readonly contentType: string;
  /** Headers that the protocol adds. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request whose client may use the Connector, without the Connector's part of its path. */
export interface ConnectorRequest {
  readonly method: string;
  /**
   * The raw path, byte for byte as sent, without the query and without the Connector's part in any of its forms. Begins with `/`.
   */
  readonly path: string;
  /** The raw query without its `?`; empty when there is none. */
  readonly query: string;
  /** Prefixes of the client's paths. Places in a response are mapped to paths with these prefixes. */
  readonly paths: ClientPaths;
  readonly connector: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** `spec.http` of the Connector's class. */
  readonly classHttp?: ConnectorClassHttp;
  /** The parsed `spec.address` of the Connector. */
  readonly address: UpstreamAddress;
  /** The client's ServiceAccount. */
  readonly client: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly headers: IncomingHttpHeaders;
  /** True when the request's framing announces a body (Content-Length over 0, or Transfer-Encoding). */
  readonly hasBody: boolean;
  /**
   * Whether the client has another verb, on which the plan depends, such as `get` for the source of a cross-repository mount. A plan that
   * must be refused without the verb names it as {@link UpstreamPlan.furtherVerb} instead.
   *
   * @throws ProxyError (503) when the API server does not answer
   */
  readonly allows: (verb: ProxyVerb) => Promise<boolean>;
}

/** Login as the registry's challenge requires. */
export interface ChallengeLogin {
  readonly kind: 'challenge';
  /** Scopes of the upstream token, the one to push to first, because some registries read only one; empty when no token is needed. */
  readonly scopes: readonly RepositoryScope[];
  /** Most actions that the proxy requests for a registry's challenge: those of the client's verb. Absent: those of the scopes. */
  readonly actionLimit?: readonly RepositoryAction[];
  /** For a read: scopes of a token to write to the same repository, which the proxy uses if it is cached and the client may write. */
  readonly writeScopes?: readonly RepositoryScope[];
  /** A token with less remaining lifetime than this is renewed before the body is sent. 0: every valid token is used. */
  readonly minimumTokenLifetimeMs: number;
}

/** User name and password are sent with every request, without a challenge. */
export interface BasicLogin {
  readonly kind: 'basic';
}

/** The request to send to the registry, and how to handle its response. */
export interface UpstreamPlan {
  readonly method: string;
  readonly target: UpstreamTarget;
  readonly login: ChallengeLogin | BasicLogin;
  /** True for a request with which a push begins, to find out what the registry already has. */
  readonly precedesPush?: boolean;
  /**
   * For a request with a body: a request without content to the same repository that requires the same permission, and that fails or
   * changes nothing. It shows, before the first byte or after a refusal, how the registry authorises writes.
   */
  readonly emptyWrite?: UpstreamPlan;
  /** A verb that the request requires in addition to the one of {@link ProtocolHandler.verbOf}, and why. The pipeline checks it. */
  readonly furtherVerb?: { readonly verb: ProxyVerb; readonly why: string };
  /** True when a 101 turns the client's connection into a WebSocket. Other responses are handled as usual. */
  readonly webSocket?: true;
  /** For logs and metrics. */
  readonly action: 'pull' | 'push' | 'delete' | 'websocket';
  /** For logs: the registry's name of the repository; absent if the protocol has no repositories. */
  readonly repository?: string;
  /** For logs: the name of the content within the repository, such as a tag. Of limited length, in characters that need no escape. */
  readonly reference?: string;
  /** For logs: the digest of the content, if the request names it. */
  readonly digest?: string;
  /** For logs and metric labels: a route template out of a limited number, never a path. */
  readonly route: string;
  /** Whether the proxy follows redirects itself, without the credential on another origin. False: `rewriteResponse` handles them. */
  readonly followRedirects: boolean;
  /** True when the request has no body, so that the proxy can send it again after a 401 or a lost connection. */
  readonly replayable: boolean;
  /** Overrides the client's request headers that {@link ProtocolHandler.forwardedHeaders} allows; `undefined` removes one. */
  readonly requestHeaders: Readonly<Record<string, string | undefined>>;
  /**
   * Maps the response for the client. To be called once with the final status and headers, before anything is written to the client.
   *
   * @param answered the place that sent the response, after redirects; references in the response are relative to it
   * @throws ProxyError (502) when the response names a place that cannot be mapped
   */
  rewriteResponse(status: number, headers: ResponseHeaders, answered: UpstreamTarget): RewrittenResponse;
  /**
   * The same request without its cross-repository mount, for when the token endpoint refuses the two scopes or the registry answers this
   * plan with 4xx: a failed mount must become a plain upload, never an error (moby/buildkit#2454).
   */
  readonly withoutMount?: UpstreamPlan;
}

/** The response's headers for the client, a place to check before they are sent, and the change of the body. */
export interface RewrittenResponse {
  readonly headers: ResponseHeaders;
  /**
   * The place on another origin to which a sealed location in `headers` leads. The pipeline asks the egress policy now and answers 502 if
   * it refuses the place, so that a client begins no upload or list that its next request could not continue.
   */
  readonly sealedTarget?: UpstreamTarget;
  /** For logs: the digest of the content, if the registry names it. */
  readonly digest?: string;
  /** Present when the body is changed while it streams. Its length is then not known in advance. */
  readonly body?: BodyRewrite;
}

/** Creates a consumer that changes one body and passes it on to `next`, with its pauses. It keeps at most one chunk in memory. */
export type BodyRewrite = (next: BodyConsumer) => BodyConsumer;
