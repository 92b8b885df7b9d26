import { type Body } from './body';

/** The body of a client's request when it is relayed. Its pieces are framed as they are sent: a chunked body has its size lines. */
export interface RequestBody extends Body {
  /** In bytes; absent: chunked. */
  readonly contentLength?: number;
  readonly isComplete: boolean;
  readonly hasConsumer: boolean;
  /** Whether the client has to send more. */
  readonly isAwaited: boolean;
}
