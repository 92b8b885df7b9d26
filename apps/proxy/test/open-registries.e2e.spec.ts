import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { type ReceivedResponse } from '@oci-connector/testing-kit';
import { aBlob, anImage, type FixtureRegistry, type FixtureRegistryOptions, pushImage } from '@oci-connector/testing-registry';
import { basic, errorOf, type ProxyWorld, type RequestOptions } from './proxy-world';
import { ACCOUNTS, at, contents, endUpload, OWNER, RegistriesWorld } from './registries-world';

let registries: RegistriesWorld;
let world: ProxyWorld;
const connect = (...args: Parameters<RegistriesWorld['connect']>): Promise<FixtureRegistry> => registries.connect(...args);

beforeAll(async () => {
  registries = await RegistriesWorld.start();
  ({ world } = registries);
});
afterAll(() => registries.close());

describe('a registry that allows anonymous reads, and writes only with an account', () => {
  const open = (anonymousReads: 'ignored' | 'checked'): FixtureRegistryOptions => ({
    auth: { mode: 'basic', accounts: ACCOUNTS, anonymousReads },
    allowMissingReferences: true,
  });
  const putManifest = (connector: string, options: RequestOptions = {}): Promise<ReceivedResponse> => {
    const image = anImage();
    return world.send(at(connector, 'org/app/manifests/v1'), {
      method: 'PUT',
      body: image.content,
      headers: { 'content-type': image.mediaType },
      ...options,
    });
  };
  it.each(['ignored', 'checked'] as const)(
    'the first write with a body succeeds, because an empty write precedes it (credentials of reads %s)',
    async (anonymousReads) => {
      const registry = await connect(`open-${anonymousReads}`, open(anonymousReads));
      expect((await putManifest(`open-${anonymousReads}`)).status).toBe(201);
      expect(
        registry.requests
          .filter(({ method }) => method === 'PUT')
          .map(({ path, bodyBytes, headers, status }) => [path, bodyBytes > 0, headers.authorization !== undefined, status]),
      ).toEqual([
        [`/v2/org/app/manifests/sha256:${'0'.repeat(64)}`, false, false, 401],
        ['/v2/org/app/manifests/v1', true, true, 201],
      ]);
      registry.clearRequests();
      expect((await putManifest(`open-${anonymousReads}`)).status).toBe(201);
      expect(contents(registry)).toEqual(['PUT /v2/org/app/manifests/v1']);
    },
  );

  it('a replica without the POST continues the upload: a PATCH of zero bytes precedes the PUT that ends it, or the PATCH', async () => {
    const registry = await connect('open-replica', open('ignored'));
    for (const how of ['PATCH', 'PUT'] as const) {
      const blob = aBlob(randomBytes(50_000));
      let { location } = (await world.send(at('open-replica', 'org/app/blobs/uploads/'), { method: 'POST' })).headers;
      await registries.withReplica(async (proxy) => {
        registry.clearRequests();
        if (how === 'PATCH') {
          ({ location } = (await world.send(location ?? '', { method: 'PATCH', body: blob.content, proxy })).headers);
        }
        const ended = await endUpload(world, location, blob.digest, { body: how === 'PUT' ? blob.content : undefined, proxy });
        expect(ended.status).toBe(201);
      });
      const [first, second] = registry.requests.filter(({ path }) => path.includes('/uploads/'));
      expect([first?.method, first?.bodyBytes, first?.status, first?.query.includes('digest')]).toEqual(['PATCH', 0, 401, false]);
      expect([second?.method, second?.bodyBytes, second?.headers.authorization !== undefined]).toEqual([how, 50_000, true]);
      expect(registry.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    }
  });

  it('a client gets 100 Continue after the empty write', async () => {
    const registry = await connect('open-expect', open('checked'));
    const { location } = (await world.send(at('open-expect', 'org/app/blobs/uploads/'), { method: 'POST' })).headers;
    await registries.withReplica(async (proxy) => {
      registry.clearRequests();
      const authorization = basic(world.token('pusher'));
      const status = await new Promise<{ continued: number; status?: number }>((resolve, reject) => {
        let continued = -1;
        const outgoing = httpRequest({
          port: proxy.httpPort,
          path: location,
          method: 'PATCH',
          agent: false,
          headers: { authorization, expect: '100-continue', 'content-length': '4' },
        });
        outgoing.on('continue', () => {
          continued = registry.requests.filter(({ method, finished }) => method === 'PATCH' && finished).length;
          outgoing.end('body');
        });
        outgoing.on('response', (response) => {
          response.resume();
          resolve({ continued, status: response.statusCode });
        });
        outgoing.on('error', reject);
        outgoing.flushHeaders();
      });
      expect(status).toEqual({ continued: 1, status: 202 });
    });
  });

  it('a wrong credential gets 403 before or after the body, and no write is sent without it', async () => {
    for (const anonymousReads of ['ignored', 'checked'] as const) {
      const registry = await connect(`open-wrong-${anonymousReads}`, open(anonymousReads), {
        username: 'robot',
        password: `wrong-${anonymousReads}`,
      });
      for (let attempt = 0; attempt < 2; attempt++) {
        const response = await putManifest(`open-wrong-${anonymousReads}`);
        expect({ status: response.status, ...errorOf(response) }).toEqual({
          status: 403,
          code: 'DENIED',
          message: expect.stringContaining("refuses the connector's credential") as string,
        });
      }
      expect(registry.repositories()).toEqual([]);
      expect(registry.requests.filter(({ bodyBytes, headers }) => bodyBytes > 0 && headers.authorization === undefined)).toEqual([]);
    }
  });

  it('if anonymous writes are allowed, too, one empty write shows it', async () => {
    const registry = await connect('open-for-all', { allowMissingReferences: true });
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await putManifest('open-for-all')).status).toBe(201);
    }
    expect(contents(registry).filter((request) => request.startsWith('PUT'))).toEqual([
      `PUT /v2/org/app/manifests/sha256:${'0'.repeat(64)}`,
      'PUT /v2/org/app/manifests/v1',
      'PUT /v2/org/app/manifests/v1',
    ]);
    expect(registry.repositories()).toEqual(['org/app']);
  });

  it('without a credential no empty write is sent, and no request is sent twice', async () => {
    const registry = await connect('open-anonymous', open('ignored'), null);
    const response = await putManifest('open-anonymous');
    expect({ status: response.status, code: errorOf(response).code }).toEqual({ status: 403, code: 'DENIED' });
    expect(contents(registry)).toEqual(['PUT /v2/org/app/manifests/v1']);
  });
});

it('a mount that requires an account succeeds, also if its response is the first with a challenge', async () => {
  const registry = await connect('open-mount', { auth: { mode: 'basic', accounts: ACCOUNTS, anonymousReads: 'ignored' } });
  const image = anImage();
  await pushImage({ url: registry.url, repository: 'org/app', reference: 'v1', auth: OWNER }, image);
  registry.clearRequests();
  const from = encodeURIComponent(at('open-mount', 'org/app').slice(4));
  const mounted = await world.send(`${at('open-mount', 'org/b/blobs/uploads/')}?mount=${image.blobs[0]?.digest}&from=${from}`, {
    method: 'POST',
  });
  expect(mounted.status).toBe(201);
  expect(registry.requests.filter(({ method }) => method === 'POST').map(({ status }) => status)).toEqual([401, 201]);
});
