import { JumpingClock, sendRequest } from '@oci-connector/testing-kit';
import { anImage, type FixtureRegistry } from '@oci-connector/testing-registry';
import { basic, CONNECTORS, errorOf, type ProxyWorld } from './proxy-world';
import { ACCOUNTS, at, harbor, READER, RegistriesWorld, ROBOT, tokenRequests } from './registries-world';

const clock = new JumpingClock();
let registries: RegistriesWorld;
let world: ProxyWorld;
const connect = (...args: Parameters<RegistriesWorld['connect']>): Promise<FixtureRegistry> => registries.connect(...args);

beforeAll(async () => {
  registries = await RegistriesWorld.start({ clock });
  ({ world } = registries);
});
afterAll(() => registries.close());

async function metric(name: string, labels: string): Promise<number> {
  const { body } = await sendRequest(`${world.proxy.adminUrl}/metrics`);
  const line = body
    .toString()
    .split('\n')
    .find((text) => text.startsWith(`${name}{`) && text.includes(labels));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe("requests that a registry with Harbor's rules refuses", () => {
  it("a missing permission gets 403 with the registry's message, not the error of a wrong password or of an outage", async () => {
    const registry = await connect('harbor-reader', harbor, READER);
    const words = 'unauthorized to access repository: org/app, action: push';
    const post = await world.send(at('harbor-reader', 'org/app/blobs/uploads/'), { method: 'POST' });
    expect({ status: post.status, ...errorOf(post) }).toEqual({
      status: 403,
      code: 'DENIED',
      message: expect.stringContaining(words) as string,
    });
    expect(errorOf(post).message).toContain('Give the account that right');
    expect(errorOf(post).message).not.toContain('Secret');
    const image = anImage();
    for (let attempt = 0; attempt < 3; attempt++) {
      const put = await world.send(at('harbor-reader', 'org/app/manifests/v1'), {
        method: 'PUT',
        body: image.content,
        headers: { 'content-type': image.mediaType },
      });
      expect({ status: put.status, ...errorOf(put) }).toEqual({
        status: 403,
        code: 'DENIED',
        message: expect.stringContaining(words) as string,
      });
      expect(put.headers['www-authenticate']).toBeUndefined();
    }
    expect(registry.repositories()).toEqual([]);
    expect(
      await metric(
        'connectors_proxy_requests_total',
        'connector_namespace="platform",connector_name="harbor-reader",action="push",status="403",code="RegistryDenied"',
      ),
    ).toBe(4);
  });

  it('so does a project that does not exist, and every request of a Connector without Secret', async () => {
    await connect('harbor-typo', harbor);
    const typo = await world.send(at('harbor-typo', 'ogr/app/manifests/v1'));
    expect({ status: typo.status, message: errorOf(typo).message }).toEqual({
      status: 403,
      message: expect.stringContaining('unauthorized to access repository: ogr/app') as string,
    });
    await connect('harbor-anonymous', harbor, null);
    for (const [method, path] of [
      ['GET', 'org/app/manifests/v1'],
      ['POST', 'org/app/blobs/uploads/'],
    ] as const) {
      const anonymous = await world.send(at('harbor-anonymous', path), { method });
      expect({ status: anonymous.status, message: errorOf(anonymous).message }).toEqual({
        status: 403,
        message: expect.stringMatching(/no credential\. Name a Secret.*The registry says: unauthorized/) as string,
      });
      expect(errorOf(anonymous).message).not.toContain('Correct');
    }
    expect((await world.send(at('harbor-anonymous', 'org/app/manifests/v1'), { method: 'HEAD' })).status).toBe(403);
  });

  it('a refused credential is reported, sent twice at most, and not sent again by other repositories and Connectors that share it', async () => {
    const wrong = { username: 'robot', password: 'wrong-horse' };
    const registry = await connect('harbor-wrong', harbor, wrong);
    await world.connect(registry, { name: 'harbor-wrong-too', credential: wrong });
    await world.connect(registry, { name: 'harbor-right', credential: { username: ROBOT.username, password: ROBOT.password } });
    registry.clearRequests();
    for (const connector of ['harbor-wrong', 'harbor-wrong-too']) {
      for (const [method, path] of [
        ['GET', 'org/app/manifests/v1'],
        ['HEAD', 'org/b/manifests/v1'],
        ['GET', 'org/c/tags/list'],
        ['POST', 'org/d/blobs/uploads/'],
      ] as const) {
        const response = await world.send(at(connector, path), { method });
        expect(response.status).toBe(403);
        if (method !== 'HEAD') {
          expect(errorOf(response)).toEqual({
            code: 'DENIED',
            message: expect.stringMatching(/refuses the credential .*Secret/) as string,
          });
        }
      }
    }
    const sent = registry.requests.filter(({ headers }) => headers.authorization === basic(wrong.password, wrong.username));
    expect(sent.map(({ path, query }) => path + query.includes('scope'))).toEqual(['/service/tokentrue', '/service/tokenfalse']);
    expect((await world.send(at('harbor-right', 'org/new/tags/list'))).status).toBe(404);
    expect(
      await metric(
        'connectors_proxy_requests_total',
        'connector_namespace="platform",connector_name="harbor-wrong",action="push",status="403",code="CredentialRefused"',
      ),
    ).toBe(1);
    expect(registry.requests.every(({ headers }) => headers.cookie === undefined)).toBe(true);
  });

  it('a change of the Secret’s metadata does not send a refused credential again, and a changed password works immediately', async () => {
    const registry = await connect('harbor-labelled', harbor, { username: 'robot', password: 'wrong-mule' });
    const look = at('harbor-labelled', 'org/app/tags/list');
    expect((await world.send(look)).status).toBe(403);
    registry.clearRequests();
    const secret = (password: string, labels: object): void =>
      world.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'cpaas.io/distribution-registry-token',
        metadata: { name: 'harbor-labelled-credential', namespace: CONNECTORS, labels },
        stringData: { username: 'robot', password },
      });
    secret('wrong-mule', { touched: 'yes' });
    expect((await world.send(look)).status).toBe(403);
    expect(tokenRequests(registry)).toEqual([]);
    secret(ROBOT.password, { touched: 'yes' });
    // The proxy reads a refused credential again at most four times a second.
    clock.jump(1_000);
    expect((await world.send(look)).status).toBe(404);
  });

  it('no token, password, query, control or bidirectional character in a message of a registry reaches the client', async () => {
    const registry = await connect('hostile-words', { auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS } });
    const said = `no\u202E\u0007 right: https://user:pw@r.example/v2/?sig=TOPSECRET /x?token=TOPSECRET Bearer ${'Ab1'.repeat(20)} password=another-horse ${'x '.repeat(500)}`;
    registry.faults.add({
      kind: 'respond',
      status: 401,
      times: 5,
      body: JSON.stringify({ errors: [{ code: 'DENIED', message: said }] }),
      match: { path: /manifests/ },
    });
    const { message } = errorOf(await world.send(at('hostile-words', 'org/app/manifests/v1')));
    expect(message).toContain('no right: https://r.example/v2/?');
    expect(message).not.toMatch(/TOPSECRET|Ab1|another-horse|pw@|[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
    expect(message.length).toBeLessThan(700);
    registry.faults.clear();
    registry.faults.add({
      kind: 'respond',
      status: 401,
      times: 5,
      body: JSON.stringify({ errors: [{ code: 'DENIED', message: `no right: ${ROBOT.password}` }] }),
      match: { path: /manifests/ },
    });
    expect(errorOf(await world.send(at('hostile-words', 'org/other/manifests/v1'))).message).not.toMatch(/no right|correct-horse/);
  });
});
