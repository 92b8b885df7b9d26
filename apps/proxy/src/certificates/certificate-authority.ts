import { createPrivateKey, X509Certificate as NodeCertificate } from 'node:crypto';
import { type Clock, type Timer } from '@oci-connector/clock';
import { PROXY_CA_KEYS, PROXY_CA_NAME } from '@oci-connector/connector-api';
import { Sensitive } from '@oci-connector/sensitive';

/** The CA that signs the proxy's certificates. */
export interface SigningAuthority {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly key: Sensitive;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** The data of a Secret as the API server sends it, in base64. */
type SecretData = Readonly<Record<string, string>>;

export interface CertificateAuthorityOptions {
  /** Gets the data of the Secret `connectors-proxy-ca`; undefined when there is none. Has its own time limit. */
  readonly readSecret: (signal: AbortSignal) => Promise<SecretData | undefined>;
  readonly clock: Clock;
  /** Called after a failed read, for the log. Reading continues. */
  readonly onError?: (error: unknown) => void;
}

/** Time between two reads. A minute is short enough, because a new authority is published a day before it signs. In milliseconds. */
const PERIOD_MS = 60_000;

/** Time between two reads while there is no authority: the controller creates it in its first seconds. In milliseconds. */
const FIRST_PERIOD_MS = 2_000;

/**
 * The CA from the Secret `connectors-proxy-ca`, which the controller maintains: `tls.crt` and `tls.key` are the authority that signs
 * now. The proxy reads it by `get` of this one name and does not watch it, because that needs the least permission.
 */
export class CertificateAuthority {
  #authority?: SigningAuthority;
  #timer?: Timer;
  readonly #stopped = new AbortController();
  readonly #listeners: ((authority: SigningAuthority) => void)[] = [];

  constructor(private readonly options: CertificateAuthorityOptions) {}

  /** Calls the listener with each new authority. */
  onChange(listener: (authority: SigningAuthority) => void): void {
    this.#listeners.push(listener);
  }

  /** Undefined until an authority has been read. */
  get current(): SigningAuthority | undefined {
    return this.#authority;
  }

  /** Resolves after the first read, successful or not. Reads again regularly until stopped. */
  async start(): Promise<void> {
    await this.#read();
    if (this.#stopped.signal.aborted) {
      return;
    }
    const period = this.#authority ? PERIOD_MS : FIRST_PERIOD_MS;
    this.#timer = this.options.clock.setTimeout(() => void this.start(), period);
  }

  stop(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
  }

  async #read(): Promise<void> {
    try {
      const data = await this.options.readSecret(this.#stopped.signal);
      const authority = authorityOf(data);
      if (authority.certificate === this.#authority?.certificate) {
        return;
      }
      this.#authority = authority;
      this.#listeners.forEach((listener) => listener(authority));
    } catch (error) {
      // The last authority that was read continues to sign.
      if (!this.#stopped.signal.aborted) {
        this.options.onError?.(error);
      }
    }
  }
}

function authorityOf(data: SecretData | undefined): SigningAuthority {
  const text = (key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString('latin1');
  const certificate = text(PROXY_CA_KEYS.certificate);
  const key = text(PROXY_CA_KEYS.privateKey);
  if (certificate === '' || key === '') {
    throw new Error(
      `the Secret ${PROXY_CA_NAME} has no keys "${PROXY_CA_KEYS.certificate}" and "${PROXY_CA_KEYS.privateKey}" yet; the controller creates it`,
    );
  }
  const parsed = new NodeCertificate(certificate);
  if (!parsed.checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`the Secret ${PROXY_CA_NAME} contains a private key that does not match its certificate`);
  }
  return { certificate: parsed.toString(), key: new Sensitive(key), notAfter: Date.parse(parsed.validTo) };
}
