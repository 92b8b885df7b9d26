import { type ProxyErrorCode } from '../proxy.errors';

/** What one request leaves behind: one line of the access log and some counts. Filled in as the request goes on. */
export interface AccessRecord {
  readonly method: string;
  /** Address of the peer's socket. */
  readonly peer: string;
  /** When the request's head was read; monotonic milliseconds. */
  readonly startedAt: number;
  /** Route template; never the URL. */
  route?: string;
  /** `NAMESPACE/NAME` of the Connector that was named. */
  connector?: string;
  /** Set once client and Connector are known to fit: only then may metrics carry the Connector's name. */
  labelConnector?: boolean;
  /** Origin of the Connector's address, once the client may know of it. */
  registry?: string;
  /** Name of the ServiceAccount. */
  client?: string;
  /** pull, push, delete or websocket. */
  action?: string;
  repository?: string;
  upstreamStatus?: number;
  /** The client was answered 101: its connection became a WebSocket. */
  switched?: true;
  /** Present when the proxy answered by itself. */
  code?: ProxyErrorCode;
  /** The connection was closed in the middle of the answer, because the rest of it could not be had. */
  truncated?: boolean;
  /** What lies behind `code`; for the log, never for the client. */
  error?: unknown;
}
