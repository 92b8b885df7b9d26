import { createPrivateKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { SharedCache } from '@oci-connector/limits';
import * as x509 from '@peculiar/x509';
import { type SigningAuthority } from './certificate-authority';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Short, because nothing can revoke them. In milliseconds. */
const LIFETIME_MS = 24 * 60 * 60 * 1_000;

/** For clients whose clock is slow. In milliseconds. */
const BACKDATE_MS = 5 * 60 * 1_000;

/** Renewed with this much left, so that no handshake meets one that is about to end. In milliseconds. */
const RENEW_BEFORE_MS = LIFETIME_MS / 3;

/** Names in use at one time: three for each of some thousand Connectors. */
const MAX_CERTIFICATES = 4_096;

/** A context of OpenSSL with one certificate and its key. In bytes. */
const CONTEXT_BYTES = 12 * 1024;
const MAX_BYTES = MAX_CERTIFICATES * 16 * 1024;

interface Leaf {
  readonly context: SecureContext;
  readonly notAfter: number;
}

export interface LeafCertificatesOptions {
  readonly authority: () => SigningAuthority | undefined;
  readonly now: () => number;
  /**
   * Whose a host name is, in lower case; undefined when it is not ours to serve. Asked for each name, so that nobody can have certificates
   * minted at will, and one owner's names push out no others'.
   */
  readonly ownerOf: (hostname: string) => string | undefined;
}

/**
 * Certificates for our own host names, made on demand. All share one key pair, which lives as long as this object and never
 * leaves the process; making a key is most of the cost of a certificate. `fetch` of lru-cache does not do: it has no shares for
 * namespaces, and how early a leaf is renewed depends on the authority of the moment.
 */
export class LeafCertificates {
  readonly #leaves = new SharedCache<Promise<Leaf>>({ maxEntries: MAX_CERTIFICATES, maxBytes: MAX_BYTES });
  #keys?: Promise<webcrypto.CryptoKeyPair>;

  constructor(private readonly options: LeafCertificatesOptions) {}

  /** For the option of that name of a TLS server. */
  readonly sniCallback = (servername: string, callback: (error: Error | null, context?: SecureContext) => void): void => {
    this.contextFor(servername).then(
      // A name that is not served ends the handshake (RFC 6066 §3, unrecognized_name).
      (context) => (context ? callback(null, context) : callback(new Error('this host name is not served'))),
      callback,
    );
  };

  /** Undefined for a name that is not served, or while there is no authority. */
  async contextFor(servername: string): Promise<SecureContext | undefined> {
    const hostname = servername.toLowerCase();
    const authority = this.options.authority();
    const owner = this.options.ownerOf(hostname);
    if (!authority || owner === undefined) {
      return undefined;
    }
    const known = await this.#leaves.get(hostname);
    if (known && known.notAfter - this.options.now() > renewBefore(authority, this.options.now())) {
      return known.context;
    }
    const leaf = this.mint([hostname], authority).then(({ options, notAfter }) => ({ context: createSecureContext(options), notAfter }));
    this.#leaves.set(hostname, leaf, { owner, bytes: CONTEXT_BYTES });
    // A failure must not be served to all who come after.
    leaf.catch(() => this.#leaves.delete(hostname));
    return (await leaf).context;
  }

  /** Forgets all certificates, after a change of the authority. */
  clear(): void {
    this.#leaves.clear();
  }

  /** Makes one certificate for all the names and addresses. */
  async mint(hosts: readonly string[], authority: SigningAuthority): Promise<{ options: SecureContextOptions; notAfter: number }> {
    this.#keys ??= webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
    const keys = await this.#keys;
    const now = this.options.now();
    const notAfter = Math.min(now + LIFETIME_MS, authority.notAfter);
    const issuer = new x509.X509Certificate(authority.certificate);
    const certificate = await x509.X509CertificateGenerator.create({
      // Names are in the SAN, where alone clients look (RFC 9110 §4.3.4); the subject is for people.
      subject: 'CN=connectors-proxy',
      issuer: issuer.subject,
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(notAfter),
      publicKey: keys.publicKey,
      signingKey: await signingKey(authority),
      signingAlgorithm: ECDSA,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
        await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ],
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    const pem = createPrivateKey({ key, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' });
    return { options: { cert: certificate.toString('pem'), key: pem }, notAfter };
  }
}

/** An authority near its end cannot give more; a third of what it gives is left then. */
function renewBefore(authority: SigningAuthority, now: number): number {
  return Math.min(RENEW_BEFORE_MS, Math.max(0, authority.notAfter - now) / 3);
}

function signingKey({ key }: SigningAuthority): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key.reveal()).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, ECDSA, false, ['sign']);
}
