import { createPrivateKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { SharedCache } from '@oci-connector/limits';
import * as x509 from '@peculiar/x509';
import { type SigningAuthority } from './certificate-authority';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Lifetime of a certificate; short, because certificates cannot be revoked. In milliseconds. */
const LIFETIME_MS = 24 * 60 * 60 * 1_000;

/** How far certificates are back-dated, for clients whose clock is slow. In milliseconds. */
const BACKDATE_MS = 5 * 60 * 1_000;

/** Remaining lifetime at which a certificate is renewed, so that no handshake uses one that expires soon. In milliseconds. */
const RENEW_BEFORE_MS = LIFETIME_MS / 3;

/** Most certificates in memory: three for each of some thousand Connectors. */
const MAX_CERTIFICATES = 4_096;

/** Memory of an OpenSSL context with one certificate and its key. In bytes. */
const CONTEXT_BYTES = 12 * 1024;
const MAX_BYTES = MAX_CERTIFICATES * 16 * 1024;

/** A certificate, and its key. The same object is returned until the certificate is replaced. */
export interface Leaf {
  readonly options: SecureContextOptions;
  readonly notAfter: number;
}

/** The key pair of all certificates, and its private key in PEM. */
interface LeafKeys {
  readonly publicKey: webcrypto.CryptoKey;
  readonly pem: string;
}

/** An authority in the form that signing needs. */
interface Issuer {
  readonly subject: string;
  readonly signingKey: webcrypto.CryptoKey;
  readonly keyIdentifier: x509.AuthorityKeyIdentifierExtension;
}

interface IssuedLeaf {
  readonly authority: SigningAuthority;
  readonly renewAt: number;
  readonly leaf: Promise<Leaf>;
}

export interface LeafCertificatesOptions {
  /** The current authority; another object when it changes. */
  readonly authority: () => SigningAuthority | undefined;
  readonly now: () => number;
  /**
   * Returns the owner of a host name in lower case; undefined if the proxy does not serve the name. Called for each name, so that clients
   * cannot make the proxy issue certificates for any name, and the names of one owner do not evict those of others.
   */
  readonly ownerOf: (hostname: string) => string | undefined;
}

/**
 * Certificates for the host names that the proxy serves, issued on demand. All share one key pair, which lives as long as this object and
 * never leaves the process: most of the cost of a certificate is its key. A certificate is used only while the authority that signed it is
 * the current one. The `fetch` method of lru-cache cannot be used, because it has no shares for namespaces, and because the time of a
 * renewal depends on the current authority.
 */
export class LeafCertificates {
  readonly #issued = new SharedCache<IssuedLeaf>({ maxEntries: MAX_CERTIFICATES, maxBytes: MAX_BYTES });
  readonly #contexts = new WeakMap<Leaf, SecureContext>();
  /** To read the keys again for each certificate would take longer than to sign it. */
  readonly #issuers = new WeakMap<SigningAuthority, Promise<Issuer>>();
  #keys?: Promise<LeafKeys>;

  constructor(private readonly options: LeafCertificatesOptions) {}

  /** Value for the `SNICallback` option of a TLS server. */
  readonly sniCallback = (servername: string, callback: (error: Error | null, context?: SecureContext) => void): void => {
    this.contextFor(servername).then(
      // A name that is not served ends the handshake (RFC 6066 §3, unrecognized_name).
      (context) => (context ? callback(null, context) : callback(new Error('this host name is not served'))),
      callback,
    );
  };

  /** Returns the context for a host name; undefined for a name that is not served, or while there is no authority. */
  async contextFor(servername: string): Promise<SecureContext | undefined> {
    const hostname = servername.toLowerCase();
    const owner = this.options.ownerOf(hostname);
    const leaf = owner === undefined ? undefined : await this.leafFor(hostname, owner);
    if (!leaf) {
      return undefined;
    }
    const known = this.#contexts.get(leaf);
    if (known) {
      return known;
    }
    const context = createSecureContext(leaf.options);
    this.#contexts.set(leaf, context);
    return context;
  }

  /**
   * Returns the certificate for a host; undefined while there is no authority, or when it has expired.
   *
   * @param host a name in lower case, or an address
   * @param owner as of {@link LeafCertificatesOptions.ownerOf}
   */
  async leafFor(host: string, owner: string): Promise<Leaf | undefined> {
    const authority = this.options.authority();
    const now = this.options.now();
    if (!authority || hasExpired(authority, now)) {
      return undefined;
    }
    const known = this.#issued.get(host);
    // Compares the authority, because it may have changed while the certificate was being issued.
    if (known?.authority === authority && now < known.renewAt) {
      return known.leaf;
    }
    const issued = { authority, renewAt: renewalTime(authority, now), leaf: this.mint([host], authority) };
    this.#issued.set(host, issued, { owner, bytes: CONTEXT_BYTES });
    issued.leaf.catch(() => {
      // Later requests must not get this failure from the cache.
      if (this.#issued.peek(host) === issued) {
        this.#issued.delete(host);
      }
    });
    return issued.leaf;
  }

  /**
   * Issues one certificate for all the host names and IP addresses.
   *
   * @throws Error when the authority has expired or cannot sign
   */
  async mint(hosts: readonly string[], authority: SigningAuthority): Promise<Leaf> {
    const now = this.options.now();
    if (hasExpired(authority, now)) {
      throw new Error(`the CA of the proxy expired at ${new Date(authority.notAfter).toISOString()}; check that the controller is running`);
    }
    this.#keys ??= createLeafKeys();
    const [keys, issuer] = await Promise.all([this.#keys, this.#issuerOf(authority)]);
    const notAfter = endOf(authority, now);
    const certificate = await x509.X509CertificateGenerator.create({
      // Clients look for names only in the SAN (RFC 9110 §4.3.4). The subject is for people.
      subject: 'CN=connectors-proxy',
      issuer: issuer.subject,
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(notAfter),
      publicKey: keys.publicKey,
      signingKey: issuer.signingKey,
      signingAlgorithm: ECDSA,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
        issuer.keyIdentifier,
      ],
    });
    return { options: { cert: certificate.toString('pem'), key: keys.pem }, notAfter };
  }

  #issuerOf(authority: SigningAuthority): Promise<Issuer> {
    const known = this.#issuers.get(authority);
    if (known) {
      return known;
    }
    const issuer = readIssuer(authority);
    this.#issuers.set(authority, issuer);
    // The next certificate must not get this failure.
    issuer.catch(() => this.#issuers.delete(authority));
    return issuer;
  }
}

/** A certificate is not valid for longer than its authority. */
function endOf(authority: SigningAuthority, now: number): number {
  return Math.min(now + LIFETIME_MS, authority.notAfter);
}

/** Returns the time at which another certificate replaces the one of now; never if the authority could not issue a longer one. */
function renewalTime(authority: SigningAuthority, now: number): number {
  const end = endOf(authority, now);
  return end === authority.notAfter ? Infinity : end - RENEW_BEFORE_MS;
}

function hasExpired({ notAfter }: SigningAuthority, now: number): boolean {
  return now >= notAfter;
}

async function createLeafKeys(): Promise<LeafKeys> {
  const { publicKey, privateKey } = await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  const pem = createPrivateKey({ key, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' });
  return { publicKey, pem: pem.toString() };
}

async function readIssuer({ certificate, key }: SigningAuthority): Promise<Issuer> {
  const issuer = new x509.X509Certificate(certificate);
  const der = createPrivateKey(key.reveal()).export({ format: 'der', type: 'pkcs8' });
  return {
    subject: issuer.subject,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, ECDSA, false, ['sign']),
    keyIdentifier: await x509.AuthorityKeyIdentifierExtension.create(issuer),
  };
}
