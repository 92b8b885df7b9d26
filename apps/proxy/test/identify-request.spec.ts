import { type IncomingHttpHeaders } from 'node:http';
import { ReverseNaming } from '../src/naming/reverse-naming';
import { Protocols, shippedProtocols } from '../src/protocols/protocols';
import { type LocationSeal } from '../src/sealing/location-seal';
import { IdentifyRequest } from '../src/pipeline/identify-request';
import { type ClientExchange, Identified } from '../src/pipeline/proxy-exchange';

const protocols = new Protocols(shippedProtocols({ seal: {} as LocationSeal }));
const step = new IdentifyRequest(protocols, 'connectors-proxy');
const naming = new ReverseNaming('cluster.local');

function identify(method: string, url: string, headers: IncomingHttpHeaders = {}): unknown {
  const all: IncomingHttpHeaders = { host: 'proxy.example', ...headers };
  const client = { request: { method, url, headers: all }, record: {} } as unknown as ClientExchange;
  const found = step.identify(client, naming);
  if (!(found instanceof Identified)) {
    return { ping: found.route };
  }
  const { namespace, name, path, query } = found.named;
  return { connector: `${namespace}/${name}`, path, query, verb: found.verb };
}

describe('IdentifyRequest', () => {
  it.each<[string, string, IncomingHttpHeaders, unknown]>([
    ['GET', '/v2/namespaces/a/connectors/b/r/manifests/t', {}, { connector: 'a/b', path: '/v2/r/manifests/t', query: '', verb: 'get' }],
    ['GET', '/namespaces/a/connectors/b/v2/r/tags/list?n=1', {}, { connector: 'a/b', path: '/v2/r/tags/list', query: 'n=1', verb: 'get' }],
    ['PUT', '/namespaces/a/connectors/b', {}, { connector: 'a/b', path: '/', query: '', verb: 'update' }],
    ['DELETE', '/v2/r/manifests/t', { host: 'c-b.a' }, { connector: 'a/b', path: '/v2/r/manifests/t', query: '', verb: 'delete' }],
    [
      'HEAD',
      '/v2/r/blobs/uploads/x',
      { host: 'C-B.A.SVC:80' },
      { connector: 'a/b', path: '/v2/r/blobs/uploads/x', query: '', verb: 'update' },
    ],
    [
      'DELETE',
      '/v2/namespaces/a/connectors/b/r/blobs/uploads/x?_state=1',
      {},
      { connector: 'a/b', path: '/v2/r/blobs/uploads/x', query: '_state=1', verb: 'update' },
    ],
    [
      'GET',
      '/v2/namespaces/a/connectors/b/r/manifests/t',
      { host: 'c-other.a' },
      { connector: 'a/b', path: '/v2/r/manifests/t', query: '', verb: 'get' },
    ],
    [
      'GET',
      '/v2/namespaces/deep/repository/manifests/t',
      { host: 'c-b.a' },
      { connector: 'a/b', path: '/v2/namespaces/deep/repository/manifests/t', query: '', verb: 'get' },
    ],
    ['GET', '/v2/', {}, { ping: '/v2/' }],
    ['HEAD', '/v2', { host: 'c-b.a' }, { ping: '/v2/' }],
    ['GET', '/namespaces/a/connectors/b/v2/', {}, { ping: '/v2/' }],
    ['GET', '/v2/', { via: '1.1 other, HTTP/1.1 squid (x)' }, { ping: '/v2/' }],
  ])('%s %s %o', (method, url, headers, expected) => {
    expect(identify(method, url, headers)).toEqual(expected);
  });

  it.each<[string, string, string, IncomingHttpHeaders]>([
    ['PathInvalid', 'GET', '/v2/namespaces/A/connectors/b/r', {}],
    ['PathInvalid', 'GET', '/v2/namespaces/a/connectors//r', {}],
    ['PathInvalid', 'GET', `/v2/namespaces/a/connectors/${'b'.repeat(62)}/r`, {}],
    ['PathInvalid', 'GET', '/namespaces/../connectors/b/r', {}],
    ['PathInvalid', 'GET', '*', {}],
    ['PathInvalid', 'GET', 'http://c-b.a/v2/', {}],
    ['ConnectorNotNamed', 'GET', '/', {}],
    ['ConnectorNotNamed', 'GET', '/v2/r/manifests/t', {}],
    ['ConnectorNotNamed', 'GET', '//v2/namespaces/a/connectors/b/r', {}],
    ['ConnectorNotNamed', 'GET', '/V2/namespaces/a/connectors/b/r', {}],
    ['ConnectorNotNamed', 'GET', '/v2/x/namespaces/a/connectors/b/r', {}],
    ['RouteUnknown', 'GET', '/v2/_catalog', {}],
    ['MethodNotAllowed', 'TRACE', '/v2/', {}],
    ['MethodNotAllowed', 'PUT', '/v2/', {}],
    ['LoopDetected', 'GET', '/v2/', { via: '1.1 a, 1.1 Connectors-Proxy (x)' }],
  ])('%s: %s %s %o', (code, method, url, headers) => {
    expect(() => identify(method, url, headers)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
