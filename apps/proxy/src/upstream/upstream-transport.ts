import { type IncomingMessage } from 'node:http';
import { type Sensitive } from '@oci-connector/sensitive';
import { type Body } from '../transfer/body';
import { type Transfer } from '../transfer/transfer';
import { type WebSocketClient } from '../transfer/web-socket-client';
import { type ResponseHeaders } from './response-headers';

/** A request as it goes upstream, but for its framing, which the transport makes anew (rule C8). */
export interface UpstreamRequest {
  readonly method: string;
  /** scheme://host[:port]; becomes the Host header too. */
  readonly origin: string;
  /** Raw path with its query. */
  readonly path: string;
  /** Names in lower case. A secret stays boxed until it is written. */
  readonly headers: Readonly<Record<string, string | string[] | Sensitive>>;
  /** The client's request, whose body is streamed; absent for a request without a body. */
  readonly body?: IncomingMessage;
  /** Bytes of the body; absent: chunked. */
  readonly contentLength?: number;
  /** Present when the request asks for a WebSocket. */
  readonly webSocket?: WebSocketClient;
  /** What moves is counted there, and its end ends the request. */
  readonly transfer: Transfer;
}

/** The final response to a request, with its body. Of 1xx only 101, to a request for a WebSocket: it has no body to speak of, but `carry`. */
export interface UpstreamResponse extends Body {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  /** True when the response came before the whole request was sent: then the client's connection cannot be used again. */
  readonly early: boolean;
  /**
   * Present for status 101: sends these headers with it to the client and moves bytes between the two until both have closed. Rejects when
   * the upstream breaks off or the transfer is cancelled; both connections are closed then, too.
   */
  carry?(headers: ResponseHeaders): Promise<void>;
}

/**
 * How requests get to one Connector's upstream, for one purpose of the egress policy. One interface, so that another way
 * of moving bytes can take the place of this one without a change to the pipeline.
 */
export interface UpstreamTransport {
  /** Rejects with an EgressError when there is no answer, and with the transfer's reason when that ends first. */
  send(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Lets running requests end; takes no new ones. */
  close(): Promise<void>;
}
