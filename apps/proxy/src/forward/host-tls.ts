import { constants } from 'node:crypto';
import { type Leaf } from '../certificates/leaf-certificates';
import { TlsTermination } from '../port/tls-termination';

export interface HostTlsOptions {
  readonly leaves: {
    /** See `LeafCertificates.leafFor`. */
    leafFor(host: string, owner: string): Promise<Leaf | undefined>;
  };
  /** Time limit for a handshake, in milliseconds. */
  readonly handshakeTimeout: number;
}

/** TLS in tunnels: for each host a termination that has a certificate for this host, and for no other. */
export class HostTls {
  /** A termination lives as long as its certificate is used. */
  readonly #terminations = new WeakMap<Leaf, TlsTermination>();

  constructor(private readonly options: HostTlsOptions) {}

  /**
   * Returns the termination for a host; undefined while there is no CA.
   *
   * @param host a name in lower case without a trailing dot, or an address
   * @param owner the namespace whose share of the certificates it uses
   */
  async terminationFor(host: string, owner: string): Promise<TlsTermination | undefined> {
    const { leaves, handshakeTimeout } = this.options;
    const leaf = await leaves.leafFor(host, owner);
    if (!leaf) {
      return undefined;
    }
    const known = this.#terminations.get(leaf);
    if (known) {
      return known;
    }
    const termination = new TlsTermination({
      // Without resumption: OpenSSL does not call SNICallback for a resumed session, so it would not check the name.
      certificate: { ...leaf.options, secureOptions: constants.SSL_OP_NO_TICKET },
      // Without an argument, the certificate of the host is used, also for clients that send no name.
      SNICallback: (name, callback) =>
        isName(name, host) ? callback(null) : callback(new Error('the name is not the host of the tunnel')),
      handshakeTimeout,
    });
    this.#terminations.set(leaf, termination);
    return termination;
  }
}

function isName(name: string, host: string): boolean {
  return name.toLowerCase().replace(/\.$/, '') === host;
}
