import { type Socket } from 'node:net';
import { eventually, JumpingClock, TcpServer } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse, type Answer } from '../test/api-server';
import { KubeApiError, KubeResponseError, KubeUnreachableError } from './kube.errors';
import { KubeClient, type KubeClientOptions } from './kube-client';
import { ConnectorClasses, metadataOf, Secrets, Services } from './resource-type';

const key = { namespace: 'team-a', name: 'harbor' };
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { ...key, resourceVersion: '7' }, data: { password: 'aHVudGVyMg==' } };

let server: ApiServer;
let client: KubeClient;

async function serve(answer: Answer, options?: KubeClientOptions): Promise<void> {
  server = await ApiServer.start(answer);
  client = KubeClient.fromConnection(server.connection(), options);
}

async function failure(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => {
      throw new Error('the call succeeded');
    },
    (error: Error) => error,
  );
}

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('KubeClient requests', () => {
  beforeEach(() => serve((_request, response) => json(response, 200, secret)));

  it.each<[string, () => Promise<unknown>, string, string, string | undefined, unknown]>([
    ['get', () => client.get(Secrets, key), 'GET', '/api/v1/namespaces/team-a/secrets/harbor', undefined, undefined],
    [
      'get of the cluster',
      () => client.get(ConnectorClasses, { name: 'oci' }),
      'GET',
      '/apis/connectors.alauda.io/v1alpha1/connectorclasses/oci',
      undefined,
      undefined,
    ],
    [
      'create',
      () => client.create(Services, { metadata: key }),
      'POST',
      '/api/v1/namespaces/team-a/services',
      'application/json',
      { apiVersion: 'v1', kind: 'Service', metadata: key },
    ],
    ['update', () => client.update(Secrets, secret), 'PUT', '/api/v1/namespaces/team-a/secrets/harbor', 'application/json', secret],
    [
      'patch',
      () => client.patch(Secrets, key, { data: { a: null } }),
      'PATCH',
      '/api/v1/namespaces/team-a/secrets/harbor',
      'application/merge-patch+json',
      { data: { a: null } },
    ],
    [
      'patchStatus',
      () => client.patchStatus(Secrets, key, { status: {} }),
      'PATCH',
      '/api/v1/namespaces/team-a/secrets/harbor/status',
      'application/merge-patch+json',
      { status: {} },
    ],
    [
      'delete',
      () => client.delete(Secrets, key, { uid: 'u1' }),
      'DELETE',
      '/api/v1/namespaces/team-a/secrets/harbor',
      'application/json',
      { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u1' } },
    ],
    [
      'createSubresource',
      () => client.createSubresource(Secrets, { ...key, subresource: 'token' }, { spec: {} }),
      'POST',
      '/api/v1/namespaces/team-a/secrets/harbor/token',
      'application/json',
      { spec: {} },
    ],
    [
      'a name with a slash',
      () => client.get(Secrets, { namespace: 'a/b', name: '../c' }),
      'GET',
      '/api/v1/namespaces/a%2Fb/secrets/..%2Fc',
      undefined,
      undefined,
    ],
  ])('%s', async (_name, call, method, path, contentType, body) => {
    await call();
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect([request?.method, request?.url.pathname, request?.headers['content-type']]).toEqual([method, path, contentType]);
    expect(request?.body === '' ? undefined : JSON.parse(request?.body ?? '')).toEqual(body);
    expect(request?.headers).toMatchObject({ authorization: 'Bearer our-own-token', accept: 'application/json' });
  });

  it.each([
    ['no namespace', () => client.get(Secrets, { name: 'harbor' })],
    ['an empty name', () => client.get(Secrets, { namespace: 'team-a', name: '' })],
    ['a name of dots', () => client.get(Secrets, { namespace: '..', name: 'harbor' })],
    ['nowhere to create', () => client.create(Secrets, { metadata: { name: 'harbor' } })],
  ])('sends nothing for %s', async (_name, call) => {
    await expect(call()).rejects.toThrow(TypeError);
    expect(server.requests).toHaveLength(0);
  });

  it('requests only metadata, and drops other fields that the server sends', async () => {
    const object = await client.get(metadataOf(Secrets), key);
    expect(server.requests[0]?.headers.accept).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
    expect(JSON.stringify(object)).not.toContain('aHVudGVyMg');
    expect(object.metadata.name).toBe('harbor');
  });

  it('keeps connections alive', async () => {
    for (let call = 0; call < 20; call++) {
      await client.get(Secrets, key);
    }
    // Two, because a call may begin while the connection of the last call is being returned to the pool.
    expect(server.openSockets).toBeLessThanOrEqual(2);
  });
});

describe('KubeClient refusals', () => {
  it.each<[number, string, keyof KubeApiError, boolean]>([
    [403, 'Forbidden', 'isForbidden', false],
    [404, 'NotFound', 'isNotFound', false],
    [409, 'Conflict', 'isConflict', true],
    [409, 'AlreadyExists', 'isAlreadyExists', false],
    [410, 'Expired', 'isGone', false],
    [429, 'TooManyRequests', 'retryable', true],
    [503, 'ServiceUnavailable', 'retryable', true],
  ])('%d %s is a KubeApiError', async (status, reason, property, retryable) => {
    await serve((_request, response) => refuse(response, status, reason, 'because'));
    const error = await failure(client.get(Secrets, key));
    expect(error).toBeInstanceOf(KubeApiError);
    expect(error).toMatchObject({ status, reason, [property]: true, retryable });
    expect(error.message).toContain('because');
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['3', 3000],
    ['31536000', 3_600_000],
    ['Thu, 01 Jan 2099 00:00:00 GMT', 3_600_000],
    ['0', undefined],
    ['1.5', undefined],
    ['-1', undefined],
    ['soon', undefined],
  ])('reads Retry-After: %s, which is no longer than an hour', async (header, retryAfterMs) => {
    await serve((_request, response) => void response.writeHead(429, { 'retry-after': header }).end('slow down'));
    const error = (await failure(client.get(Secrets, key))) as KubeApiError;
    expect([error.status, error.reason, error.retryAfterMs]).toEqual([429, '', retryAfterMs]);
  });

  it.each([
    [{ retryAfterSeconds: 4 }, 4000],
    [{ retryAfterSeconds: 31_536_000 }, 3_600_000],
    [{ retryAfterSeconds: 'soon' }, undefined],
    [{ retryAfterSeconds: { toString: 1, valueOf: 1 } }, undefined],
    [{ retryAfterSeconds: 0 }, undefined],
    [{ retryAfterSeconds: -1 }, undefined],
    [null, undefined],
  ])('reads the wait from a Status with the details %j', async (details, retryAfterMs) => {
    await serve((_request, response) => json(response, 429, { kind: 'Status', code: 429, details }));
    expect(((await failure(client.get(Secrets, key))) as KubeApiError).retryAfterMs).toBe(retryAfterMs);
  });

  it('follows no redirect', async () => {
    await serve((_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end());
    expect(await failure(client.get(Secrets, key))).toMatchObject({ code: 'ApiError', status: 302 });
    expect(server.requests).toHaveLength(1);
  });

  it('find returns undefined for a missing object', async () => {
    await serve((_request, response) => refuse(response, 404, 'NotFound'));
    expect(await client.find(Secrets, key)).toBeUndefined();
  });
});

describe('KubeClient faults', () => {
  it('response too large', async () => {
    await serve(
      async (_request, response) => {
        response.writeHead(200);
        while (!response.destroyed) {
          response.write('x'.repeat(5000));
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
      { maxObjectBytes: 100_000 },
    );
    expect(await failure(client.get(Secrets, key))).toMatchObject({ code: 'ResponseTooLarge' });
    await eventually(() => server.open === 0, 'the end of the request');
  });

  it.each(['<html>no cluster here</html>', '', '[]', 'null', '{"a":'])('non-JSON garbage: %s', async (body) => {
    await serve((_request, response) => void response.end(body));
    const error = await failure(client.get(Secrets, key));
    expect(error).toMatchObject({ code: 'ResponseInvalid' });
    expect(error).toBeInstanceOf(KubeResponseError);
  });

  it('an incomplete response is not "unreachable"', async () => {
    await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"kind":');
      setImmediate(() => response.destroy());
    });
    expect(await failure(client.get(Secrets, key))).toMatchObject({ code: 'ResponseIncomplete' });
  });

  it('a response that never ends is not "unreachable"', async () => {
    await serve((_request, response) => void response.writeHead(200).write('{"kind":'), { requestTimeoutMs: 1000 });
    expect(await failure(client.get(Secrets, key))).toMatchObject({ code: 'ResponseIncomplete' });
  });

  it('a server that accepts connections and never responds is unreachable', async () => {
    const clock = new JumpingClock();
    await serve(() => clock.expire(45_000), { clock, requestTimeoutMs: 45_000 });
    const error = await failure(client.get(Secrets, key));
    expect(error).toBeInstanceOf(KubeUnreachableError);
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain('our-own-token');
    await eventually(() => server.open === 0, 'the end of the request');
  });

  it('dropped socket: unreachable after one retry of a read, without a retry of a write', async () => {
    await serve((request) => {
      expect(request.method).toBeDefined();
      server.dropConnections();
    });
    expect(await failure(client.get(Secrets, key))).toBeInstanceOf(KubeUnreachableError);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(await failure(client.update(Secrets, secret))).toBeInstanceOf(KubeUnreachableError);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT']);
  });

  it('API server restart: unreachable while it is down, works again afterwards', async () => {
    await serve((_request, response) => json(response, 200, secret));
    await client.get(Secrets, key);
    await server.close();
    expect(await failure(client.get(Secrets, key))).toBeInstanceOf(KubeUnreachableError);
    await server.listen();
    expect(await client.get(Secrets, key)).toMatchObject({ metadata: { name: 'harbor' } });
  });

  it('the caller aborts: its reason is thrown, and the connection ends', async () => {
    await serve(() => undefined);
    const giveUp = new AbortController();
    const call = failure(client.get(Secrets, key, { signal: giveUp.signal }));
    await eventually(() => server.requests.length === 1);
    const reason = new Error('changed my mind');
    giveUp.abort(reason);
    expect(await call).toBe(reason);
    expect(await failure(client.get(Secrets, key, { signal: giveUp.signal }))).toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});

describe('KubeClient against a socket that is not an API server', () => {
  let tcp: TcpServer;

  async function listen(onConnection: (socket: Socket) => void, scheme: string, options: KubeClientOptions): Promise<void> {
    await serve(() => undefined);
    await client.close();
    tcp = await TcpServer.start(onConnection);
    client = KubeClient.fromConnection({ ...server.connection(), server: `${scheme}://127.0.0.1:${tcp.port}` }, options);
  }

  afterEach(() => tcp.close());

  it('hung connect: a TLS handshake that never ends is unreachable after the connect timeout', async () => {
    await listen(() => undefined, 'https', { connectTimeoutMs: 50, requestTimeoutMs: 60_000 });
    const error = await failure(client.get(Secrets, key));
    expect(error).toBeInstanceOf(KubeUnreachableError);
    expect(error.cause).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
  });

  it('a peer that does not speak HTTP leads to ResponseInvalid', async () => {
    await listen((socket) => socket.end('220 mail ready\r\n'), 'http', {});
    expect(await failure(client.get(Secrets, key))).toMatchObject({ code: 'ResponseInvalid' });
  });

  it('a peer that does not speak TLS does so too', async () => {
    await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'https', {});
    expect(await failure(client.get(Secrets, key))).toMatchObject({ code: 'CertificateInvalid' });
  });
});
