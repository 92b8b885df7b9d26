import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { randomBytes, webcrypto } from 'node:crypto';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A server certificate and its private key (PKCS #8), as PEM. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** DNS names, wildcards allowed. */
  readonly names?: readonly string[];
  /** IP literals without brackets; default none. */
  readonly ips?: readonly string[];
  /** Default: a day ago, so that clocks may differ. */
  readonly notBefore?: Date;
  /** Default: a day from now. */
  readonly notAfter?: Date;
}

/** A certificate authority for tests (ECDSA P-256); its key never leaves the process. */
export class TestCertificateAuthority {
  private constructor(
    private readonly certificate: X509Certificate,
    private readonly key: webcrypto.CryptoKey,
  ) {}

  /** @param options.name the common name; two authorities with the same name have different keys */
  static async create(
    options: { readonly name?: string; readonly notBefore?: Date; readonly notAfter?: Date } = {},
  ): Promise<TestCertificateAuthority> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: `CN=${options.name ?? 'Test CA'}`,
        serialNumber: serialNumber(),
        ...validity(options),
        signingAlgorithm: ALGORITHM,
        keys,
        extensions: [
          new BasicConstraintsExtension(true, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        ],
      },
      webcrypto,
    );
    return new TestCertificateAuthority(certificate, keys.privateKey);
  }

  /** The authority's own certificate, for clients that trust it. */
  get caPem(): string {
    return `${this.certificate.toString('pem')}\n`;
  }

  async issue(options: IssueOptions): Promise<IssuedCertificate> {
    const { names = [], ips = [] } = options;
    const keys = await generateKeys();
    const alternatives: JsonGeneralName[] = [
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...ips.map((value) => ({ type: 'ip' as const, value })),
    ];
    const certificate = await X509CertificateGenerator.create(
      {
        subject: `CN=${names[0] ?? ips[0] ?? 'test'}`,
        issuer: this.certificate.subject,
        serialNumber: serialNumber(),
        ...validity(options),
        signingAlgorithm: ALGORITHM,
        publicKey: keys.publicKey,
        signingKey: this.key,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(alternatives),
        ],
      },
      webcrypto,
    );
    return { cert: `${certificate.toString('pem')}\n`, key: await privateKeyPem(keys.privateKey) };
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validity(options: { readonly notBefore?: Date; readonly notAfter?: Date }): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: options.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + DAY_MS),
  };
}

/** Positive and without a leading zero byte (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  return `4${randomBytes(15).toString('hex').slice(1)}`;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}
