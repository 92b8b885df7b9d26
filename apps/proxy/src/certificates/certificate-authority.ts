import { createPrivateKey, X509Certificate as NodeCertificate } from 'node:crypto';
import { type Clock } from '@oci-connector/clock';
import { PROXY_CA_KEYS, PROXY_CA_NAME } from '@oci-connector/connector-api';
import { PolledSecret, type SecretData } from '@oci-connector/kube';
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

/** The curve of the CA's key, P-256, as OpenSSL names it. The controller creates no other keys. */
const CURVE = 'prime256v1';

export interface CertificateAuthorityOptions {
  /** Gets the data of the Secret `connectors-proxy-ca`; undefined when there is none. Has its own time limit. */
  readonly readSecret: (signal: AbortSignal) => Promise<SecretData | undefined>;
  readonly clock: Clock;
  /** Called after a failed read, for the log. Reading continues. */
  readonly onError?: (error: unknown) => void;
}

/**
 * The CA from the Secret `connectors-proxy-ca`, which the controller maintains. The proxy need not read it often: a new authority is published
 * long before it signs, and the former one long after. While the Secret is missing or cannot be used, the last authority signs.
 */
export class CertificateAuthority {
  #authority?: SigningAuthority;
  readonly #secret: PolledSecret;
  readonly #listeners: ((authority: SigningAuthority) => void)[] = [];

  constructor({ readSecret, clock, onError }: CertificateAuthorityOptions) {
    this.#secret = new PolledSecret({ read: readSecret, use: (data) => this.#use(authorityOf(data)), clock, onError });
  }

  /** Calls the listener with each new authority. */
  onChange(listener: (authority: SigningAuthority) => void): void {
    this.#listeners.push(listener);
  }

  /** Undefined until an authority has been read. */
  get current(): SigningAuthority | undefined {
    return this.#authority;
  }

  /** Resolves after the first read, successful or not. Reads again regularly until stopped. */
  start(): Promise<void> {
    return this.#secret.start();
  }

  stop(): void {
    this.#secret.stop();
  }

  #use(authority: SigningAuthority): void {
    if (authority.certificate === this.#authority?.certificate) {
      return;
    }
    this.#authority = authority;
    this.#listeners.forEach((listener) => listener(authority));
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
  if (!parsed.ca || parsed.publicKey.asymmetricKeyDetails?.namedCurve !== CURVE) {
    throw new Error(`the Secret ${PROXY_CA_NAME} contains no CA with a P-256 key; the controller replaces it`);
  }
  return { certificate: parsed.toString(), key: new Sensitive(key), notAfter: Date.parse(parsed.validTo) };
}
