import { type SecureContextOptions } from 'node:tls';
import { type Clock, type Timer } from '@oci-connector/clock';
import { type SigningAuthority } from './certificate-authority';
import { type LeafCertificates } from './leaf-certificates';

/** Time between two renewals; a certificate is valid for 24 hours. In milliseconds. */
const PERIOD_MS = 8 * 60 * 60 * 1_000;

export interface OwnCertificateOptions {
  readonly authority: { readonly current: SigningAuthority | undefined };
  readonly leaves: Pick<LeafCertificates, 'mint'>;
  /** The proxy's own names and addresses. */
  readonly names: readonly string[];
  readonly clock: Clock;
  /** Receives each new certificate, which replaces the previous one. */
  readonly use: (certificate: SecureContextOptions) => void;
  /** Called when no certificate could be issued, for the log. The previous certificate stays in use. */
  readonly onError: (error: unknown) => void;
}

/** The certificate for clients that send no host name (SNI), such as clients that connect to an IP address. */
export class OwnCertificate {
  #timer?: Timer;

  constructor(private readonly options: OwnCertificateOptions) {}

  /** Renews the certificate regularly until stopped. Does not issue the first one: call {@link renew} for each new authority. */
  start(): void {
    this.#timer = this.options.clock.setTimeout(() => {
      this.start();
      void this.renew();
    }, PERIOD_MS);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Issues a new certificate if there is an authority. Never rejects. */
  async renew(): Promise<void> {
    const { authority, leaves, names, use, onError } = this.options;
    if (!authority.current) {
      return;
    }
    try {
      use((await leaves.mint(names, authority.current)).options);
    } catch (error) {
      onError(error);
    }
  }
}
