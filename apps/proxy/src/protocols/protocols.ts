import { type Protocol, type ProxyVerb } from '@oci-connector/connector-api';
import { ProxyError } from '../proxy.errors';
import { type LocationSeal } from '../sealing/location-seal';
import { HttpHandler } from './http/http-handler';
import { OciHandler } from './oci/oci-handler';
import { KEPT_HEADERS } from './forwarded-headers';
import { type Ping, type ProtocolHandler } from './protocol';
import { verbOfMethod } from './verbs';

/** Objects that protocol handlers need. */
export interface ProtocolParts {
  readonly seal: LocationSeal;
}

/** Creates the handlers of all protocols that the proxy serves, by the name in `spec.protocol` of a class. */
export function shippedProtocols({ seal }: ProtocolParts): Readonly<Record<Protocol, ProtocolHandler>> {
  return {
    oci: new OciHandler(seal),
    http: new HttpHandler(),
  };
}

/** All protocols of this proxy. A request is authorised before its protocol is known, so this class decides where protocols differ. */
export class Protocols {
  readonly #handlers: readonly ProtocolHandler[];

  /** @throws Error when a handler would forward one of {@link KEPT_HEADERS} (rule C7) */
  constructor(private readonly byName: Readonly<Record<string, ProtocolHandler>>) {
    this.#handlers = Object.values(byName);
    for (const [name, { forwardedHeaders }] of Object.entries(byName)) {
      const kept = [...forwardedHeaders].find((header) => KEPT_HEADERS.has(header));
      if (kept !== undefined) {
        throw new Error(`protocol "${name}" must not forward the header "${kept}"; remove it from forwardedHeaders`);
      }
    }
  }

  /** @throws ProxyError Internal when the protocol does not exist */
  get(name: string): ProtocolHandler {
    const handler = Object.hasOwn(this.byName, name) ? this.byName[name] : undefined;
    if (!handler) {
      throw new ProxyError('Internal', `this proxy does not serve the protocol "${name}"`);
    }
    return handler;
  }

  /**
   * Returns the verb that authorises a request before its protocol is known: the method's verb, unless a protocol requires another for
   * this path.
   *
   * @returns undefined for a method that is answered with 405
   */
  requiredVerb(method: string, path: string): ProxyVerb | undefined {
    const verb = verbOfMethod(method);
    if (verb === undefined) {
      return undefined;
    }
    for (const handler of this.#handlers) {
      const own = handler.verbOf(method, path);
      if (own !== undefined && own !== verb) {
        return own;
      }
    }
    return verb;
  }

  /** @throws ProxyError MethodNotAllowed when a protocol serves the path, but not with this method */
  ping(method: string, path: string): Ping | undefined {
    for (const handler of this.#handlers) {
      const ping = handler.ping?.(method, path);
      if (ping) {
        return ping;
      }
    }
    return undefined;
  }
}
