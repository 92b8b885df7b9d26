import { type Clock, type Timer } from '@oci-connector/clock';
import { type SigningAuthority } from './certificate-authority';
import { type Leaf, type LeafCertificates } from './leaf-certificates';

/** Time after which a certificate is renewed; it is valid for 24 hours. In milliseconds. */
const PERIOD_MS = 8 * 60 * 60 * 1_000;

/** How often it is checked whether a renewal is due. After a failure it is due immediately. In milliseconds. */
const CHECK_MS = 60_000;

export interface OwnCertificateOptions {
  readonly authority: { readonly current: SigningAuthority | undefined };
  readonly leaves: Pick<LeafCertificates, 'mint'>;
  /** The proxy's own names and addresses. */
  readonly names: readonly string[];
  readonly clock: Clock;
  /** Receives each new certificate, which replaces the previous one. */
  readonly use: (certificate: Leaf) => void;
  /** Called when no certificate could be issued, for the log. The previous certificate stays in use. */
  readonly onError: (error: unknown) => void;
}

/** The certificate for clients that send no host name (SNI), such as clients that connect to an IP address. */
export class OwnCertificate {
  #timer?: Timer;
  #dueAt = 0;

  constructor(private readonly options: OwnCertificateOptions) {}

  /** Renews the certificate regularly until stopped. Does not issue the first one: call {@link renew} for each new authority. */
  start(): void {
    const { clock } = this.options;
    this.#timer = clock.setTimeout(() => {
      this.start();
      if (clock.now() >= this.#dueAt) {
        void this.renew();
      }
    }, CHECK_MS);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Issues a new certificate if there is an authority. Never rejects. */
  async renew(): Promise<void> {
    const { authority, leaves, names, clock, use, onError } = this.options;
    const signing = authority.current;
    if (!signing) {
      return;
    }
    this.#dueAt = clock.now() + PERIOD_MS;
    try {
      const leaf = await leaves.mint(names, signing);
      // The authority may have changed meanwhile. Then a second call, which may have ended first, has issued the certificate.
      if (authority.current === signing) {
        use(leaf);
      }
    } catch (error) {
      this.#dueAt = 0;
      onError(error);
    }
  }
}
