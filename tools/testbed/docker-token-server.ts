import { createPrivateKey, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { TestCertificateAuthority } from '@oci-connector/testing';

/** One account of the token server: everything is allowed to it, nothing to anybody else. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface TokenServerOptions {
  readonly host: string;
  readonly address: string;
  readonly issuer: string;
  readonly account: Account;
  readonly tls: { readonly cert: string; readonly key: string };
}

export interface TokenServer {
  readonly realm: string;
  /** PEM of the certificate that signs the tokens: distribution's `rootcertbundle`. */
  readonly signingCertificate: string;
  close(): Promise<void>;
}

/** Long enough for a command, short enough that a run meets renewals. */
const TOKEN_LIFETIME_SECONDS = 60;

/** The token endpoint that distribution's token authentication needs (docs/spec/auth/token.md of that project). */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { certificate, key } = await signingPair();
  const server = createServer(options.tls, (request, response) => {
    const url = new URL(request.url ?? '/', `https://${options.host}`);
    const expected = Buffer.from(`${options.account.username}:${options.account.password}`).toString('base64');
    if (request.headers.authorization !== `Basic ${expected}`) {
      response.writeHead(401).end();
      return;
    }
    const token = signToken({ issuer: options.issuer, url, subject: options.account.username, certificate, key });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ token, expires_in: TOKEN_LIFETIME_SECONDS, issued_at: new Date().toISOString() }));
  });
  await listen(server, options.address);
  const { port } = server.address() as AddressInfo;
  return {
    realm: `https://${options.host}:${port}/token`,
    signingCertificate: certificate,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
}

async function signingPair(): Promise<{ certificate: string; key: KeyObject }> {
  const authority = await TestCertificateAuthority.create({ name: 'token signer' });
  const { cert, key } = await authority.issue({ names: ['token-signer.example'] });
  return { certificate: cert, key: createPrivateKey(key) };
}

interface TokenRequest {
  readonly issuer: string;
  readonly url: URL;
  readonly subject: string;
  readonly certificate: string;
  readonly key: KeyObject;
}

function signToken({ issuer, url, subject, certificate, key }: TokenRequest): string {
  const now = Math.floor(Date.now() / 1000);
  const x5c = [certificate.replaceAll(/-----[^-]+-----|\s/g, '')];
  const claims = {
    iss: issuer,
    sub: subject,
    aud: url.searchParams.get('service') ?? '',
    exp: now + TOKEN_LIFETIME_SECONDS,
    nbf: now - 5,
    iat: now,
    jti: randomUUID(),
    access: url.searchParams.getAll('scope').flatMap(accessOf),
  };
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(claims)}`;
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** `repository:a/b:pull,push` may name a host with a port, so the last colon ends the name. */
function accessOf(scope: string): { type: string; name: string; actions: string[] }[] {
  const match = /^([a-z]+):(.+):([a-z,*]+)$/.exec(scope);
  return match ? [{ type: match[1] ?? '', name: match[2] ?? '', actions: (match[3] ?? '').split(',') }] : [];
}
