import { type ConnectorKey, type UpstreamAddress } from '@oci-connector/connector-api';
import { formatHostAndPort, type HostAndPort } from '@oci-connector/egress';
import { ProxyError } from '../proxy.errors';
import { DEFAULT_PORTS, parseAuthority, sameAuthority, splitAbsolute } from './authority';
import { type ClientPaths, type NamedConnector, type Naming, type RequestName } from './naming';
import { type RequestHead } from './request-head';

/** An address of a Connector that has the authority of a request. */
export interface NamedAddress {
  readonly connector: ConnectorKey;
  readonly address: UpstreamAddress;
  /**
   * Removes the address's path prefix from a path.
   *
   * @returns undefined for a path outside of the address
   * @throws ProxyError when the path is not one of the Connector's protocol
   */
  readonly inside: (path: string) => { readonly path: string; readonly paths: ClientPaths } | undefined;
}

export interface ForwardNamingOptions {
  readonly scheme: 'http' | 'https';
  /** The host and port that the client believes it speaks to. */
  readonly authority: HostAndPort;
  /** The addresses with this authority, of Connectors that the client may use, in the order of its login. They can change at any time. */
  readonly addresses: () => readonly NamedAddress[];
}

/** The naming of the forward proxy: clients send the registry's own URLs, and the address of a Connector that contains the URL decides. */
export class ForwardNaming implements Naming {
  constructor(private readonly options: ForwardNamingOptions) {}

  name({ url = '', headers }: Pick<RequestHead, 'url' | 'headers'>): RequestName {
    const { authority, scheme, addresses } = this.options;
    const host = parseAuthority(headers.host ?? '', DEFAULT_PORTS[scheme]);
    if (!host || !sameAuthority(host, authority)) {
      throw this.#misdirected(`the Host header must be ${formatHostAndPort(authority)}, as the connection`);
    }
    const target = this.#originForm(url);
    const mark = target.indexOf('?');
    const [path, query] = mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
    let problem: ProxyError | undefined;
    for (const candidate of addresses()) {
      const found = connectorAt(candidate, path, query);
      if (found && !(found instanceof ProxyError)) {
        return { path: found.path, host: authority.host, connector: found };
      }
      problem ??= found;
    }
    return { path, host: authority.host, problem };
  }

  notNamed({ problem }: RequestName): ProxyError {
    return (
      problem ??
      new ProxyError(
        'PathNotCovered',
        `no connector of the login has an address on ${formatHostAndPort(this.options.authority)} that contains this path; name another connector in the login, or correct its spec.address`,
      )
    );
  }

  #originForm(url: string): string {
    if (url.startsWith('/')) {
      return url;
    }
    const { authority, scheme } = this.options;
    const absolute = splitAbsolute(url);
    const named = absolute && parseAuthority(absolute.authority, DEFAULT_PORTS[scheme]);
    if (absolute?.scheme !== scheme || !named || !sameAuthority(named, authority)) {
      throw this.#misdirected(`the request target must be a path, or a URL of ${scheme}://${formatHostAndPort(authority)}`);
    }
    return absolute.rest;
  }

  #misdirected(problem: string): ProxyError {
    return new ProxyError('Misdirected', `${problem}; open another connection for another host`);
  }
}

/** @returns why the path is none of the address, if the Connector's protocol says it; undefined for a path outside of the address */
function connectorAt({ connector, address, inside }: NamedAddress, path: string, query: string): NamedConnector | ProxyError | undefined {
  try {
    const own = inside(path);
    return own && { namespace: connector.namespace, name: connector.name, path: own.path, query, paths: own.paths, address };
  } catch (error) {
    if (error instanceof ProxyError) {
      return error;
    }
    throw error;
  }
}
