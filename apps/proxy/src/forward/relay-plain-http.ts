import { type EgressPolicy, formatHostAndPort, type HostAndPort } from '@oci-connector/egress';
import { contentLength, hasContent, listsOnly } from '@oci-connector/http';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { sendResponse } from '../pipeline/send-response';
import { ProxyError } from '../proxy.errors';
import { endToEndHeaders } from '../upstream/request-headers';
import { NOTHING_DROPPED, relayedHeaders } from '../upstream/response-headers';
import { UndiciTransport } from '../upstream/undici-transport';
import { refuseLoop, viaHeader } from '../upstream/via';
import { type Admission } from './admit-login';
import { hostRefusal } from './host-refusal';

export interface RelayPlainHttpOptions {
  readonly policy: EgressPolicy;
  /** Name in the Via header. */
  readonly via: string;
}

export interface PlainHttpTarget {
  readonly authority: HostAndPort;
  /** Path and query. */
  readonly path: string;
}

/** java.net.http requests HTTP/2 with every request to an http URL. */
const IGNORED_UPGRADES: ReadonlySet<string> = new Set(['h2c']);

/**
 * Relays http requests to hosts of no Connector, where the egress policy allows it. Only what is about one hop is removed: such a host is
 * the client's own business, with its logins and cookies.
 */
export class RelayPlainHttp {
  constructor(private readonly options: RelayPlainHttpOptions) {}

  async relay(client: ClientExchange, { identity }: Admission, { authority, path }: PlainHttpTarget): Promise<void> {
    const { policy, via } = this.options;
    const { request, incoming, transfer, record } = client;
    const { method = '', headers } = request;
    record.route = 'http://{host}';
    record.action = 'relay';
    refuseLoop(headers.via, via);
    if (headers.upgrade !== undefined && !listsOnly(headers.upgrade, IGNORED_UPGRADES)) {
      throw new ProxyError('UpgradeUnsupported', 'no upgrade is served for hosts of no connector; use CONNECT');
    }
    // A connection of its own: what one client tells a host, also by a login of the connection, is not another client's.
    const transport = new UndiciTransport({ policy: policy.forOwner(identity.username), purpose: 'other-host' });
    transfer.atEnd(() => void transport.destroy());
    const forwarded = endToEndHeaders(headers);
    forwarded['via'] = viaHeader(headers.via, via);
    client.continueBody();
    transfer.blameSenderOf(incoming);
    const answer = await transport
      .send({
        method,
        origin: `http://${formatHostAndPort(authority)}`,
        path,
        headers: forwarded,
        body: hasContent(headers) ? incoming : undefined,
        contentLength: contentLength(headers),
        transfer,
      })
      .catch((error: unknown) => {
        throw hostRefusal(error, authority);
      });
    record.upstreamStatus = answer.status;
    await sendResponse(client, answer, { headers: relayedHeaders(answer.status, answer.headers, NOTHING_DROPPED) });
  }
}
