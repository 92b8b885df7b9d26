import { parseUpstreamAddress, type ProxyVerb } from '@oci-connector/connector-api';
import { clientPaths } from '../../../test/client-paths';
import { PlanRequest } from '../../pipeline/plan-request';
import { type Planned, type Resolved } from '../../pipeline/proxy-exchange';
import { type LocationSeal } from '../../sealing/location-seal';
import { type ConnectorRequest } from '../protocol';
import { Protocols, shippedProtocols } from '../protocols';
import { type UpstreamTarget } from '../../upstream/upstream-target';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { HttpHandler } from './http-handler';

const GIT = { namespace: 'team', name: 'git' };
const asked: ProxyVerb[] = [];

function request(given: Partial<ConnectorRequest> & { may?: boolean } = {}): ConnectorRequest {
  return {
    method: 'GET',
    path: '/x',
    query: '',
    paths: clientPaths('plain', GIT),
    connector: { ...GIT, uid: 'u' },
    address: parseUpstreamAddress('https://git.example/base/'),
    client: { namespace: 'ci', name: 'builder', uid: 'a' },
    headers: {},
    hasBody: false,
    allows: (verb) => {
      asked.push(verb);
      return Promise.resolve(given.may ?? false);
    },
    ...given,
  };
}

/** What a client who was authorised to push gets by the pipeline's step. */
async function planUpload({ may }: { may: boolean }): Promise<Planned> {
  const protocols = new Protocols(shippedProtocols({ seal: {} as LocationSeal }));
  const { connector, address, client, allows } = request({ may });
  const [method, path] = ['DELETE', '/v2/app/blobs/uploads/x'];
  const exchange = {
    client: { request: { method, headers: {} }, record: {} },
    named: { ...connector, paths: clientPaths('plain', GIT), path, query: '' },
    verb: protocols.requiredVerb(method, path),
    identity: { serviceAccount: client },
    resolution: { connector: { metadata: connector }, connectorClass: { spec: {} }, address, protocol: protocols.get('http') },
    allows,
  } as unknown as Resolved;
  return new PlanRequest().plan(exchange);
}

/** The place that answered. */
const ANSWERED: UpstreamTarget = { origin: 'https://git.example', path: '/base/x', purpose: 'connector', sendCredential: true };

beforeEach(() => asked.splice(0));

describe('HttpHandler', () => {
  it.each([
    ['/a//b%2Fc;d', 'q=%2e%2E&&x', '/base/a//b%2Fc;d?q=%2e%2E&&x'],
    ['/', '', '/base/'],
    ['/v2/app/manifests/latest', 'ns=x', '/base/v2/app/manifests/latest?ns=x'],
  ])('sends %s?%s on byte for byte', async (path, query, expected) => {
    const plan = new HttpHandler().plan(request({ path, query }));
    expect(plan.target).toEqual({ origin: 'https://git.example', path: expected, purpose: 'connector', sendCredential: true });
    expect(plan).toMatchObject({ login: { kind: 'basic' }, route: '/{path}' });
  });

  it.each([
    ['GET', 'pull', true],
    ['HEAD', 'pull', true],
    ['OPTIONS', 'pull', false],
    ['POST', 'push', false],
    ['DELETE', 'delete', false],
  ])('plans %s', async (method, action, followRedirects) => {
    expect(new HttpHandler().plan(request({ method }))).toMatchObject({ method, action, followRedirects, replayable: true });
    expect(asked).toEqual([]);
  });

  it('repeats nothing that has a body', async () => {
    expect(new HttpHandler().plan(request({ method: 'POST', hasBody: true })).replayable).toBe(false);
  });

  it.each([
    ['TRACE', '/x', 'MethodNotAllowed'],
    ['GET', '/a/../b', 'PathInvalid'],
  ])('refuses %s %s', (method, path, code) => {
    expect(() => new HttpHandler().plan(request({ method, path }))).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('asks for the permission to delete where the path looks like an upload', async () => {
    await expect(planUpload({ may: false })).rejects.toMatchObject({ code: 'PermissionDenied', status: 403 });
    expect(asked).toEqual(['delete']);
    await expect(planUpload({ may: true })).resolves.toMatchObject({ plan: { action: 'delete' } });
  });

  describe('rewrites the Location', () => {
    async function location(status: number, value: string, given: Partial<ConnectorRequest> = {}): Promise<ResponseHeaders[string]> {
      const plan = new HttpHandler().plan(request({ method: 'POST', ...given }));
      return plan.rewriteResponse(status, { location: value }, ANSWERED).headers['location'];
    }

    it.each<[string, string, Partial<ConnectorRequest>, string]>([
      ['of a path', '/base/y?z=1#f', {}, '/namespaces/team/connectors/git/y?z=1#f'],
      ['of an absolute URL', 'https://git.example/base/y', {}, '/namespaces/team/connectors/git/y'],
      ['of a relative name', 'y', {}, '/namespaces/team/connectors/git/y'],
      ['in host form', '/base/y', { paths: clientPaths('host', GIT) }, '/y'],
      ['in path form', '/base/v2/y', { paths: clientPaths('path', GIT) }, '/namespaces/team/connectors/git/v2/y'],
      ['of the address itself', '/base', {}, '/namespaces/team/connectors/git'],
      ['of the address itself in host form', '/base?a', { paths: clientPaths('host', GIT) }, '/?a'],
      ['of http of our own https host', 'http://git.example/base/y', {}, '/namespaces/team/connectors/git/y'],
      ['of http with our port', 'http://git.example:443/base/y', {}, '/namespaces/team/connectors/git/y'],
      [
        'with its bytes',
        '/base/%C3%bc/\xc3\xbc?b=%2f&a="\'<>|`^#\xc3\xbc',
        {},
        `/namespaces/team/connectors/git/%C3%bc/%C3%BC?b=%2f&a="'<>|\`^#%C3%BC`,
      ],
      ['with a slash too many', '/base//evil.example', {}, '/namespaces/team/connectors/git//evil.example'],
    ])('%s', async (_, value, given, expected) => {
      expect(await location(303, value, given)).toBe(expected);
      expect(await location(201, value, given)).toBe(expected);
    });

    it.each([
      'https://evil.example/base/y',
      'http://git.example:8080/base/y',
      '/base/..%2fother',
      '/other',
      '/based',
      'https://user@git.example/base/y',
      '/\\evil.example',
      'https://[',
    ])('C2 auth over redirect: and never sends a client to %s', async (value) => {
      await expect(location(307, value)).rejects.toMatchObject({ code: 'RedirectRefused', status: 502 });
      expect(await location(201, value)).toBeUndefined();
    });
  });

  it('C2 auth over redirect: makes no host of a path in host form', async () => {
    const plan = new HttpHandler().plan(request({ method: 'POST', paths: clientPaths('host', GIT) }));
    expect(plan.rewriteResponse(201, { location: '/base//evil.example/x' }, ANSWERED).headers['location']).toBeUndefined();
  });

  describe('maps the places in headers', () => {
    async function mapped(headers: ResponseHeaders, answered = ANSWERED): Promise<ResponseHeaders> {
      return new HttpHandler().plan(request()).rewriteResponse(200, headers, answered).headers;
    }

    const OURS = '/namespaces/team/connectors/git';

    it.each([
      'location',
      'content-location',
      'content-base',
      'uri',
      'destination',
      'sourcemap',
      'x-sourcemap',
      'operation-location',
      'azure-asyncoperation',
    ])('of %s: onto our path, or away', async (name) => {
      expect((await mapped({ [name]: 'http://git.example/base/y?a=%2f' }))[name]).toBe(`${OURS}/y?a=%2f`);
      for (const elsewhere of ['https://evil.example/base/y', '/other', 'javascript:x', ['/base/a', '/base/b']]) {
        expect((await mapped({ [name]: elsewhere }))[name]).toBeUndefined();
      }
    });

    it.each<[string, string | string[], string | undefined]>([
      ['below the address', '</base/y?page=2>; rel="next"', `<${OURS}/y?page=2>; rel="next"`],
      ['relative to the place that answered', '<?page=2>; rel=next', `<${OURS}/x?page=2>; rel=next`],
      ['of our host by http', '<http://git.example:443/base/y>; rel="next"; title="a, b"', `<${OURS}/y>; rel="next"; title="a, b"`],
      ['without brackets', '/base/y; rel="next"', `<${OURS}/y>; rel="next"`],
      [
        'several, and one elsewhere',
        ['</base/a>; rel="prev", <https://docs.example/>; rel="help"', '</base/b>; rel="next"'],
        `<${OURS}/a>; rel="prev", <${OURS}/b>; rel="next"`,
      ],
      ['only elsewhere', '<https://docs.example/>; rel="help"', undefined],
    ])('of Link: %s', async (_, link, expected) => {
      expect((await mapped({ link }))['link']).toBe(expected);
    });

    it.each(['<https://evil.example/base/y>; rel="next"', '</other?page=2>; rel="last next"', '</base/..%2fx>; rel=next', '</base/y'])(
      'of Link: lists are cut silently: 502 for a next page at %s',
      async (link) => {
        await expect(mapped({ link })).rejects.toMatchObject({ status: 502 });
      },
    );

    it('relative to where a redirect led', async () => {
      const cdn = { ...ANSWERED, origin: 'https://cdn.example', path: '/base/x' };
      expect((await mapped({ 'content-location': '/base/y', link: '<y>; rel="help"' }, cdn))['content-location']).toBeUndefined();
      expect((await mapped({ 'content-location': 'https://git.example/base/y' }, cdn))['content-location']).toBe(`${OURS}/y`);
    });
  });

  it('leaves everything else of an answer', async () => {
    const plan = new HttpHandler().plan(request());
    expect(plan.rewriteResponse(304, { etag: '"x"', 'x-note': 'https://git.example/base' }, ANSWERED)).toEqual({
      headers: { etag: '"x"', 'x-note': 'https://git.example/base' },
    });
  });
});
