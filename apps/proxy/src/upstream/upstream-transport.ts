import { type IncomingMessage } from 'node:http';
import { type Sensitive } from '@oci-connector/sensitive';
import { type Body } from '../transfer/body';
import { type RequestBody } from '../transfer/request-body';
import { type Transfer } from '../transfer/transfer';
import { type RawConnection } from '../transfer/raw-connection';
import { type ResponseHeaders } from './response-headers';

/** A request as it goes upstream, except for its framing, which the transport generates (rule C8). */
export interface UpstreamRequest {
  readonly method: string;
  /** scheme://host[:port]; becomes the Host header too. */
  readonly origin: string;
  /** Raw path with its query. */
  readonly path: string;
  /** Names in lower case. A secret stays `Sensitive` until it is written to the connection. */
  readonly headers: Readonly<Record<string, string | string[] | Sensitive>>;
  /** The client's request, whose body is streamed; absent for a request without a body. */
  readonly body?: IncomingMessage;
  /** Length of the body in bytes; absent: chunked. */
  readonly contentLength?: number;
  /** The body, instead of {@link body}, if it is relayed; only for a transport that relays bodies. */
  readonly relayed?: RequestBody;
  /** Present when the client requests a WebSocket. */
  readonly webSocket?: RawConnection;
  /** Counts the bytes. Cancelling it aborts the request. */
  readonly transfer: Transfer;
}

/** The final response to a request, with its body. Of 1xx only 101, to a request for a WebSocket: it has `carry` instead of a body. */
export interface UpstreamResponse extends Body {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  /** True when the response arrived before the whole request was sent: then the client's connection cannot be used again. */
  readonly early: boolean;
  /**
   * Present for status 101. Sends 101 with these headers to the client, and transfers bytes in both directions until both connections are
   * closed.
   *
   * @throws UpstreamConnectError when the upstream's connection breaks off
   * @throws TransferCancelled when the transfer is cancelled
   */
  carry?(headers: ResponseHeaders): Promise<void>;
}

/**
 * Sends requests to one Connector's upstream, for one purpose of the egress policy. An interface, so that another HTTP client can
 * replace the present one without a change to the pipeline.
 */
export interface UpstreamTransport {
  /**
   * Sends one request.
   *
   * @throws EgressError when there is no response
   * @throws TransferCancelled when the transfer is cancelled first
   */
  send(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Takes no new requests, and waits until running requests have ended. */
  close(): Promise<void>;
}
