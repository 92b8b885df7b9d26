import { createPrivateKey, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { TestCertificateAuthority } from '@oci-connector/testing-kit';

/** The only account of the token server. It has all permissions. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface TokenServerOptions {
  readonly host: string;
  readonly address: string;
  readonly issuer: string;
  readonly account: Account;
  /** Whether clients without a credential get tokens for pulling, as from Docker Hub. */
  readonly anonymousPull?: boolean;
  /** Default: a free port. */
  readonly port?: number;
  readonly tls: { readonly cert: string; readonly key: string };
}

export interface TokenServer {
  readonly realm: string;
  /** The certificate of the key that signs the tokens, as PEM, for distribution's `rootcertbundle`. */
  readonly signingCertificate: string;
  close(): Promise<void>;
}

/** Long enough for one command, but short enough that tokens are renewed during a run. */
const TOKEN_LIFETIME_SECONDS = 60;

/** Starts the token endpoint for distribution's token authentication (docs/spec/auth/token.md of that project). */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { certificate, key } = await signingPair();
  const server = createServer(options.tls, (request, response) => {
    const url = new URL(request.url ?? '/', `https://${options.host}`);
    const allowed = allowedTo(options, request.headers.authorization);
    if (!allowed) {
      response.writeHead(401).end();
      return;
    }
    const token = signToken({ issuer: options.issuer, url, ...allowed, certificate, key });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ token, expires_in: TOKEN_LIFETIME_SECONDS, issued_at: new Date().toISOString() }));
  });
  await listen(server, options.address, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    realm: new URL(`https://${options.host}:${port}/token`).href,
    signingCertificate: certificate,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

interface Allowed {
  readonly subject: string;
  readonly actions: ReadonlySet<string>;
}

const EVERYTHING = new Set(['pull', 'push', 'delete', '*']);

/** Returns what a request with this Authorization is allowed; undefined if the credential is wrong. */
function allowedTo({ account, anonymousPull }: TokenServerOptions, authorization: string | undefined): Allowed | undefined {
  if (authorization === undefined) {
    return anonymousPull ? { subject: '', actions: new Set(['pull']) } : undefined;
  }
  const expected = Buffer.from(`${account.username}:${account.password}`).toString('base64');
  return authorization === `Basic ${expected}` ? { subject: account.username, actions: EVERYTHING } : undefined;
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
}

async function signingPair(): Promise<{ certificate: string; key: KeyObject }> {
  const authority = await TestCertificateAuthority.create({ name: 'token signer' });
  const { cert, key } = await authority.issue({ names: ['token-signer.example'] });
  return { certificate: cert, key: createPrivateKey(key) };
}

interface TokenRequest extends Allowed {
  readonly issuer: string;
  readonly url: URL;
  readonly certificate: string;
  readonly key: KeyObject;
}

function signToken({ issuer, url, subject, actions, certificate, key }: TokenRequest): string {
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
    access: url.searchParams.getAll('scope').flatMap((scope) => accessOf(scope, actions)),
  };
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(claims)}`;
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Parses a scope such as `repository:a/b:pull,push`. The name may contain a host with a port, so the last colon ends the name. */
function accessOf(scope: string, allowed: ReadonlySet<string>): { type: string; name: string; actions: string[] }[] {
  const match = /^([a-z]+):(.+):([a-z,*]+)$/.exec(scope);
  const actions = (match?.[3] ?? '').split(',').filter((action) => allowed.has(action));
  return match ? [{ type: match[1] ?? '', name: match[2] ?? '', actions }] : [];
}
