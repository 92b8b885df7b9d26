import { type ProxyErrorCode } from '../proxy.errors';

/** Data of one request for its line of the access log and the metrics. The pipeline fills it in step by step. */
export interface AccessRecord {
  readonly method: string;
  /** Address of the peer's socket. */
  readonly peer: string;
  /** When the request's head was read; monotonic milliseconds. */
  readonly startedAt: number;
  /** Whether the client addressed the proxy, or the registry itself. Set when the request ends, from its login. */
  mode?: 'reverse' | 'forward';
  /** Host and port in the target of CONNECT, or in an absolute URL. */
  host?: string;
  /** Route template; never the URL. */
  route?: string;
  /** `NAMESPACE/NAME` of the Connector that the request names. */
  connector?: string;
  /** Set once the client may use the Connector. Only then may metrics contain the Connector's name. */
  labelConnector?: boolean;
  /** Origin of the Connector's address, once the client may know it. */
  registry?: string;
  /** `NAMESPACE/NAME` of the ServiceAccount. */
  client?: string;
  /** `NAMESPACE/NAME` and UID of the pod that the client's token is bound to. */
  pod?: string;
  podUid?: string;
  /** The verb that the client needs on the Connector. */
  verb?: string;
  /** pull, push, delete, websocket, tunnel or relay. */
  action?: string;
  repository?: string;
  /** As the client names a manifest: a tag or a digest. */
  reference?: string;
  /** Digest of the content, of the request or else of the registry's response. */
  digest?: string;
  upstreamStatus?: number;
  /** The status after which the connection became something else: 101 a WebSocket, 200 a tunnel. */
  switched?: 101 | 200;
  /** Present when the proxy answered with an error of its own. */
  code?: ProxyErrorCode;
  /** The proxy closed the connection in the middle of the response, because the rest did not arrive from upstream. */
  truncated?: boolean;
  /** The cause of `code`; for the log, never for the client. */
  error?: unknown;
}
