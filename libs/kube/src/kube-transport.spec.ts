import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { type TLSSocket } from 'node:tls';
import { Sensitive } from '@oci-connector/sensitive';
import { TestCertificateAuthority } from '@oci-connector/testing-kit';
import { StaticCredential } from './api-credential';
import { KubeClient } from './kube-client';
import { type KubeTls } from './kube-connection';
import { ConfigMaps } from './resource-type';

describe('TLS to the API server', () => {
  let authority: TestCertificateAuthority;
  let server: Server;
  /** The Authorization header and the client certificate of each request. */
  let seen: [string | undefined, string][];

  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
    server = createServer(
      { ...(await authority.issue({ names: ['kubernetes'] })), ca: authority.caPem, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const subject = (request.socket as TLSSocket).getPeerCertificate().subject as { CN?: string } | undefined;
        seen.push([request.headers.authorization, subject?.CN ?? '']);
        response.end(JSON.stringify({ metadata: { namespace: 'a', name: 'x' } }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  beforeEach(() => {
    seen = [];
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  async function get(tls: KubeTls): Promise<unknown> {
    const { port } = server.address() as AddressInfo;
    const credential = StaticCredential.bearer(new Sensitive('our-own-token'));
    const client = new KubeClient({ server: `https://127.0.0.1:${port}`, tls, credential });
    try {
      return await client.get(ConfigMaps, { namespace: 'a', name: 'x' });
    } finally {
      await client.close();
    }
  }

  it('accepts a certificate of the CA for the expected name', async () => {
    await get({ ca: authority.caPem, serverName: 'kubernetes' });
    expect(seen).toEqual([['Bearer our-own-token', '']]);
  });

  it('sends our client certificate', async () => {
    const { cert, key } = await authority.issue({ names: ['controller'] });
    await get({ ca: authority.caPem, serverName: 'kubernetes', cert, key: new Sensitive(key) });
    expect(seen).toEqual([['Bearer our-own-token', 'controller']]);
  });

  it('accepts every certificate with an insecure kubeconfig', async () => {
    await get({ insecureSkipVerify: true });
    expect(seen).toHaveLength(1);
  });

  it.each<[string, () => Promise<KubeTls>]>([
    ['an unknown CA', async () => ({ serverName: 'kubernetes' })],
    ['another CA of the same name', async () => ({ serverName: 'kubernetes', ca: (await TestCertificateAuthority.create()).caPem })],
    ['another name', async () => ({ ca: authority.caPem })],
  ])('C10 %s: refused, no token is sent, and the error is not "unreachable"', async (_name, tls) => {
    await expect(get(await tls())).rejects.toMatchObject({ code: 'CertificateInvalid' });
    expect(seen).toEqual([]);
  });
});
