import { type SecureContextOptions } from 'node:tls';
import { type Clock, type Timer } from '@oci-connector/clock';
import { type SigningAuthority } from './certificate-authority';
import { type LeafCertificates } from './leaf-certificates';

/** A certificate lives for 24 hours. In milliseconds. */
const PERIOD_MS = 8 * 60 * 60 * 1_000;

export interface OwnCertificateOptions {
  readonly authority: { readonly current: SigningAuthority | undefined };
  readonly leaves: Pick<LeafCertificates, 'mint'>;
  /** The proxy's own names and addresses. */
  readonly names: readonly string[];
  readonly clock: Clock;
  /** Receives each certificate; from then on the one before is not used. */
  readonly use: (certificate: SecureContextOptions) => void;
  /** Called when no certificate could be made, for the log; the one before stays. */
  readonly onError: (error: unknown) => void;
}

/** The certificate for clients that name no host (SNI), such as those that connect to an address. */
export class OwnCertificate {
  #timer?: Timer;

  constructor(private readonly options: OwnCertificateOptions) {}

  /** Renews the certificate until stopped. The first one comes with the authority: {@link renew} is to be called for each. */
  start(): void {
    this.#timer = this.options.clock.setTimeout(() => {
      this.start();
      void this.renew();
    }, PERIOD_MS);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Never rejects. */
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
