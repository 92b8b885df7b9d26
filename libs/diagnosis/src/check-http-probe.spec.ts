import { type HttpProbe } from '@oci-connector/connector-api';
import { LoopbackServer } from '@oci-connector/testing-kit';
import { aTarget } from '../test/diagnosis-fixture';
import { checkHttpProbe } from './check-http-probe';
import { type Finding } from './finding';

async function withServer(
  answer: Parameters<typeof LoopbackServer.start>[0],
  test: (server: LoopbackServer) => Promise<void>,
): Promise<void> {
  const server = await LoopbackServer.start(answer);
  try {
    await test(server);
  } finally {
    await server.close();
  }
}

describe('an http probe', () => {
  it('requests the path of the class from the root of the host', async () => {
    await withServer(
      (_request, response) => response.writeHead(204).end(),
      async (server) => {
        const probe: HttpProbe = { path: '/health?full=1', method: 'POST', httpHeaders: [{ name: 'X-Check', value: 'yes' }] };
        expect(await checkHttpProbe(probe, aTarget(`${server.origin}/prefix`), { check: 'liveness' })).toEqual({ outcome: 'passed' });
        expect(server.requests).toMatchObject([{ method: 'POST', url: '/health?full=1', headers: { 'x-check': 'yes' } }]);
      },
    );
  });

  const statuses: [number, 'liveness' | 'credential', Partial<Finding>][] = [
    [200, 'liveness', { outcome: 'passed' }],
    [299, 'credential', { outcome: 'passed' }],
    [304, 'liveness', { outcome: 'failed', reason: 'ConnectionFailed' }],
    [404, 'liveness', { outcome: 'failed', reason: 'ConnectionFailed' }],
    [503, 'liveness', { outcome: 'failed', reason: 'ConnectionFailed' }],
    [429, 'liveness', { outcome: 'unknown', reason: 'Throttled' }],
    [401, 'credential', { outcome: 'failed', reason: 'AuthenticationFailed', credentialRefused: true }],
    [403, 'credential', { outcome: 'failed', reason: 'AuthenticationFailed', credentialRefused: true }],
    [404, 'credential', { outcome: 'failed', reason: 'AuthenticationFailed' }],
    [500, 'credential', { outcome: 'unknown', reason: 'ConnectionFailed' }],
  ];
  it.each(statuses)('judges status %s of %s', async (status, check, expected) => {
    await withServer(
      (_request, response) => response.writeHead(status).end(),
      async (server) => {
        expect(await checkHttpProbe({ path: '/' }, aTarget(server.origin), { check })).toMatchObject(expected);
      },
    );
  });

  it.each(['liveness', 'credential'] as const)('waits for as long as the server asks, for %s', async (check) => {
    await withServer(
      (_request, response) => response.writeHead(429, { 'retry-after': '120' }).end(),
      async (server) => {
        const finding = await checkHttpProbe({ path: '/' }, aTarget(server.origin), { check });
        expect(finding).toMatchObject({ outcome: 'unknown', reason: 'Throttled', retryAfterMs: 120_000 });
      },
    );
  });

  const expressions: [string, Partial<Finding>][] = [
    ['response.statusCode == 418', { outcome: 'passed' }],
    ['response.body.ready', { outcome: 'passed' }],
    ['response.statusCode == 200', { outcome: 'failed', reason: 'ConnectionFailed' }],
    ['response.', { outcome: 'failed', reason: 'ConnectionFailed' }],
  ];
  it.each(expressions)('lets the expression %s decide', async (cel, expected) => {
    await withServer(
      (_request, response) => response.writeHead(418).end('{"ready":true}'),
      async (server) => {
        expect(await checkHttpProbe({ path: '/', response: { cel } }, aTarget(server.origin), { check: 'liveness' })).toMatchObject(
          expected,
        );
      },
    );
  });

  it('reads no more of a response than its limit', async () => {
    await withServer(
      (_request, response) => {
        const timer = setInterval(() => response.write(Buffer.alloc(65_536, 'x')), 1);
        response.on('close', () => clearInterval(timer));
      },
      async (server) => {
        const probe = { path: '/', response: { cel: 'size(response.bodyString) == 65536' } };
        expect(await checkHttpProbe(probe, aTarget(server.origin), { check: 'liveness' })).toEqual({ outcome: 'passed' });
      },
    );
  });

  it.each([
    ['a path', { path: '/{{ .Connector.metadata.name }}' }],
    ['a header', { path: '/', httpHeaders: [{ name: 'Authorization', value: 'Basic {{ .Secret.StringData.username }}' }] }],
  ])('with a template in %s is not run', async (_name, probe: HttpProbe) => {
    await withServer(
      (_request, response) => response.end(),
      async (server) => {
        const finding = await checkHttpProbe(probe, aTarget(server.origin), { check: 'credential' });
        expect(finding).toMatchObject({ outcome: 'unknown', reason: 'ProbeNotSupported' });
        expect(server.requests).toEqual([]);
      },
    );
  });

  it('cannot reach another host by its path', async () => {
    await withServer(
      (_request, response) => response.end(),
      async (server) => {
        await checkHttpProbe({ path: '//other.example/x' }, aTarget(server.origin), { check: 'liveness' });
        await checkHttpProbe({ path: '@other.example/x' }, aTarget(server.origin), { check: 'liveness' });
        expect(server.requests.map(({ url }) => url)).toEqual(['//other.example/x', '/@other.example/x']);
      },
    );
  });
});

describe('a redirect', () => {
  const httpHeaders = [{ name: 'Authorization', value: 'Basic static' }];

  it('is followed on the same host with the headers of the probe', async () => {
    await withServer(
      (request, response) => (request.url === '/' ? response.writeHead(302, { location: '/login' }).end() : response.end()),
      async (server) => {
        expect(await checkHttpProbe({ path: '/', httpHeaders }, aTarget(server.origin), { check: 'liveness' })).toEqual({
          outcome: 'passed',
        });
        expect(server.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
          ['/', 'Basic static'],
          ['/login', 'Basic static'],
        ]);
      },
    );
  });

  it('C2: is followed to another origin without them', async () => {
    await withServer(
      (_request, response) => response.end(),
      async (other) =>
        withServer(
          (_request, response) => response.writeHead(302, { location: other.origin }).end(),
          async (server) => {
            expect(await checkHttpProbe({ path: '/', httpHeaders }, aTarget(server.origin), { check: 'liveness' })).toEqual({
              outcome: 'passed',
            });
            expect(other.requests).toHaveLength(1);
            expect(other.requests[0]?.headers.authorization).toBeUndefined();
          },
        ),
    );
  });

  it('C9: is not followed to a forbidden address', async () => {
    await withServer(
      (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
      async (server) => {
        expect(await checkHttpProbe({ path: '/' }, aTarget(server.origin), { check: 'liveness' })).toMatchObject({
          outcome: 'failed',
          reason: 'AddressNotAllowed',
        });
      },
    );
  });

  it('is the final response when the class disables redirects', async () => {
    await withServer(
      (_request, response) => response.writeHead(302, { location: '/login' }).end(),
      async (server) => {
        const probe = { path: '/', disableRedirect: true, response: { cel: 'response.statusCode == 302' } };
        expect(await checkHttpProbe(probe, aTarget(server.origin), { check: 'liveness' })).toEqual({ outcome: 'passed' });
        expect(server.requests).toHaveLength(1);
      },
    );
  });

  it('is given up when redirects never end', async () => {
    await withServer(
      (_request, response) => response.writeHead(302, { location: '/' }).end(),
      async (server) => {
        expect(await checkHttpProbe({ path: '/' }, aTarget(server.origin), { check: 'liveness' })).toMatchObject({ outcome: 'failed' });
        expect(server.requests).toHaveLength(6);
      },
    );
  });
});
