import { IncomingMessage } from 'node:http';
import { hasContent } from '@oci-connector/http';

/**
 * A request of a client. For CONNECT, and for each request with an Upgrade header, Node.js hands the raw connection, including the body and
 * the next requests, to the listeners of `connect` or `upgrade`. Of the latter, this class allows only WebSocket; Node.js frames all other
 * requests as usual (rule C8), except those whose body the proxy reads itself.
 */
export class ClientRequest extends IncomingMessage {
  /** Whether the request is CONNECT, or has an Upgrade header that its Connection header names. Only declared: Node.js sets it before field initialisers run. */
  declare asked?: boolean;
  /** The answer of {@link readsBody}, which is asked only once. Only declared, too. */
  declare detaches?: boolean;

  static {
    // undici checks the constructor. Otherwise it would close the connection of a client that still sends when the response arrives.
    this.prototype.constructor = IncomingMessage;
  }

  /** Node.js sets this after it has parsed the request line, and reads it after it has parsed the headers to decide between `upgrade` and `request`. */
  get upgrade(): boolean {
    if (this.asked === true && (this.method === 'CONNECT' || opensWebSocket(this))) {
      return true;
    }
    return (this.detaches ??= this.readsBody());
  }

  set upgrade(asked: boolean) {
    this.asked = asked;
  }

  /** Whether the proxy reads the body itself, and gets the raw connection for it. */
  protected readsBody(): boolean {
    return false;
  }
}

/** Returns the class for the requests of a server. @param readsBody see `ClientRequest.readsBody` */
export function clientRequestClass(readsBody: (request: IncomingMessage) => boolean): typeof ClientRequest {
  return class extends ClientRequest {
    static {
      // As in the class above.
      this.prototype.constructor = IncomingMessage;
    }

    protected override readsBody(): boolean {
      return readsBody(this);
    }
  };
}

/** Whether the request opens a WebSocket (RFC 6455 §4.1). It must have no content: the start of the WebSocket data would be ambiguous. */
function opensWebSocket({ method, httpVersion, headers }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket' && !hasContent(headers);
}
