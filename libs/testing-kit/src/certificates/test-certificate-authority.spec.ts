import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { sendRequest } from '../client/send-request';
import { type IssueOptions, TestCertificateAuthority } from './test-certificate-authority';

const DAY_MS = 24 * 60 * 60 * 1000;

let authority: TestCertificateAuthority;
let server: Server | undefined;

beforeAll(async () => {
  authority = await TestCertificateAuthority.create({ name: 'one' });
});
afterEach(() => new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve())));

/** Returns the status of a request to `host`, on a server with a certificate with these options. */
async function connect(options: IssueOptions, host: string, ca = authority.caPem): Promise<number> {
  server = createServer(await authority.issue(options), (_request, response) => response.end());
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return (await sendRequest(`https://${host}:${port}/`, { ca, connectTo: { host: '127.0.0.1', port } })).status;
}

describe('TestCertificateAuthority', () => {
  it.each([
    [{ names: ['registry.test'] }, 'registry.test'],
    [{ names: ['*.example.test'] }, 'registry.example.test'],
    [{ names: ['other.test'], ips: ['127.0.0.1'] }, '127.0.0.1'],
  ])('issues %j, valid for %s', async (options, host) => {
    await expect(connect(options, host)).resolves.toBe(200);
  });

  it.each([
    ['a certificate for another name', { names: ['other.test'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [
      'an expired certificate',
      { names: ['registry.test'], notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) },
      'CERT_HAS_EXPIRED',
    ],
    [
      'a certificate that is not valid yet',
      { names: ['registry.test'], notBefore: new Date(Date.now() + DAY_MS), notAfter: new Date(Date.now() + 2 * DAY_MS) },
      'CERT_NOT_YET_VALID',
    ],
  ])('issues %s, which is refused', async (_name, options, code) => {
    await expect(connect(options, 'registry.test')).rejects.toMatchObject({ code });
  });

  it('is not trusted through another authority of the same name', async () => {
    const other = await TestCertificateAuthority.create({ name: 'one' });
    await expect(connect({ names: ['registry.test'] }, 'registry.test', other.caPem)).rejects.toMatchObject({
      code: expect.stringMatching(/CERT_SIGNATURE_FAILURE|UNABLE_TO_VERIFY_LEAF_SIGNATURE/) as string,
    });
  });
});
