import { type Socket } from 'node:net';
import { type ClientLogin } from '../naming/client-login';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { type RawConnection } from '../transfer/raw-connection';

/** How the requests of one kind are served. */
export interface Way {
  readonly login: ClientLogin;
  /** @throws the error of the step that fails; nothing has been written to the client unless `response.headersSent` */
  handle(client: ClientExchange): Promise<void>;
}

/** The ways of the requests on a connection, by the form of their target (RFC 9112 §3.2). */
export interface Ways {
  /** For every target that no other way is for. */
  readonly origin: Way;
  /** For absolute URLs. */
  readonly absolute?: Way;
  /** For CONNECT, whose target is an authority. Absent: CONNECT is not served. */
  readonly connect?: Way;
}

/** A connection that can become something else. */
export interface UpgradableConnection extends RawConnection {
  /** Ends HTTP on this connection, which was released before, and serves it on another that runs inside it. */
  serveInside(inner: Socket, ways: Ways): void;
  /** Answers, in plain HTTP, a client that sends plain HTTP instead of a TLS handshake, and closes the connection. */
  refusePlainHttp(): void;
}
