import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse } from '../test/api-server';
import { RereadCredential } from './api-credential';
import { KubeApiError, KubeResponseError } from './kube.errors';
import { KubeClient } from './kube-client';
import { ConfigMaps } from './resource-type';

const key = { namespace: 'default', name: 'x' };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key, resourceVersion: '1' } };

let directory: string;
let tokenFile: string;
let clock: ManualClock;
let server: ApiServer;
let client: KubeClient;
/** The token that the API server currently accepts. */
let accepted: string;

const tokensSeen = (): (string | undefined)[] => server.requests.map(({ headers }) => headers.authorization);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'token-'));
  tokenFile = join(directory, 'token');
  clock = new ManualClock();
  accepted = 'Bearer first';
  await writeFile(tokenFile, 'first\n');
  server = await ApiServer.start(({ headers }, response) => {
    if (headers.authorization === accepted) {
      json(response, 200, object);
    } else {
      refuse(response, 401, 'Unauthorized');
    }
  });
  client = KubeClient.fromConnection({
    server: server.url,
    tls: {},
    credential: RereadCredential.tokenFile(tokenFile, clock),
  });
});

afterEach(async () => {
  await client.close();
  await server.close();
  await rm(directory, { recursive: true });
});

describe('C13 own token expiry', () => {
  it('reads the file again immediately after a 401, and tries once more', async () => {
    await client.get(ConfigMaps, key);
    accepted = 'Bearer second';
    await writeFile(tokenFile, 'second');
    expect(await client.get(ConfigMaps, key)).toMatchObject(object);
    expect(tokensSeen()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('does so for a write and for a watch too', async () => {
    await client.get(ConfigMaps, key);
    accepted = 'Bearer second';
    await writeFile(tokenFile, 'second');
    await client.update(ConfigMaps, object);
    accepted = 'Bearer third';
    await writeFile(tokenFile, 'third');
    const watch = client.watch(ConfigMaps, { resourceVersion: '1' });
    // The response is not a watch, but it is not a 401 either.
    await expect(watch.next()).rejects.toThrow(KubeResponseError);
    expect(tokensSeen().at(-1)).toBe('Bearer third');
  });

  it('does not try again with the token that was just refused', async () => {
    accepted = 'Bearer other';
    await expect(client.get(ConfigMaps, key)).rejects.toThrow(KubeApiError);
    expect(tokensSeen()).toEqual(['Bearer first']);
  });

  it('tries no more than once, whatever the file contains', async () => {
    await client.get(ConfigMaps, key);
    accepted = 'Bearer other';
    await writeFile(tokenFile, 'second');
    await expect(client.get(ConfigMaps, key)).rejects.toThrow(KubeApiError);
    expect(tokensSeen()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('reads the file again after a minute, before any 401', async () => {
    await client.get(ConfigMaps, key);
    await writeFile(tokenFile, 'second');
    clock.advance(59_000);
    await client.get(ConfigMaps, key);
    accepted = 'Bearer second';
    clock.advance(1_000);
    await client.get(ConfigMaps, key);
    expect(tokensSeen()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });
});

describe('a credential that cannot be read', () => {
  it('leads to CredentialUnavailable, and no request is sent', async () => {
    await rm(tokenFile);
    await expect(client.get(ConfigMaps, key)).rejects.toMatchObject({ code: 'CredentialUnavailable' });
    expect(server.requests).toHaveLength(0);
  });

  it('does not replace the last credential that was never refused', async () => {
    await client.get(ConfigMaps, key);
    await rm(tokenFile);
    clock.advance(60_000);
    await client.get(ConfigMaps, key);
    expect(tokensSeen()).toEqual(['Bearer first', 'Bearer first']);
  });

  it('is read once for concurrent callers', async () => {
    let readings = 0;
    const credential = new RereadCredential(async () => {
      readings++;
      return undefined;
    }, clock);
    await Promise.all([credential.authorization(), credential.authorization(), credential.authorization()]);
    expect(readings).toBe(1);
  });
});
