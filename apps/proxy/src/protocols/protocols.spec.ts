import { type LocationSeal } from '../sealing/location-seal';
import { HttpHandler } from './http/http-handler';
import { type ProtocolHandler } from './protocol';
import { Protocols, shippedProtocols } from './protocols';

const protocols = new Protocols(shippedProtocols({ seal: {} as LocationSeal }));

describe('Protocols.requiredVerb', () => {
  it.each([
    ['GET', '/v2/a/manifests/t', 'get'],
    ['HEAD', '/v2/a/blobs/sha256:1', 'get'],
    ['OPTIONS', '/anything', 'get'],
    ['POST', '/v2/a/blobs/uploads/', 'update'],
    ['PUT', '/v2/a/manifests/t', 'update'],
    ['PATCH', '/v2/a/blobs/uploads/u', 'update'],
    ['DELETE', '/v2/a/manifests/t', 'delete'],
    // Every request about an upload is part of a push.
    ['GET', '/v2/a/blobs/uploads/u', 'update'],
    ['GET', '/v2/a/blobs/uploads', 'update'],
    ['DELETE', '/v2/a/blobs/uploads/u', 'update'],
    ['GET', '/v2/a/blobs/uploadsy', 'get'],
    ['GET', '/other/blobs/uploads/u', 'get'],
    ['TRACE', '/v2/a/manifests/t', undefined],
    ['CONNECT', '/v2/a/blobs/uploads/u', undefined],
    ['constructor', '/v2/a/manifests/t', undefined],
    ['get', '/v2/a/manifests/t', undefined],
  ])('%s %s needs %s', (method, path, verb) => {
    expect(protocols.requiredVerb(method, path)).toBe(verb);
  });
});

describe('Protocols', () => {
  it.each(['authorization', 'cookie', 'transfer-encoding', 'x-forwarded-for'])('C7: rejects a handler that would forward %s', (header) => {
    const toy = { ...new HttpHandler(), forwardedHeaders: new Set(['accept', header]) } as unknown as ProtocolHandler;
    expect(() => new Protocols({ toy })).toThrow(`protocol "toy" must not forward the header "${header}"`);
  });

  it('knows no protocol with the name of a property that every object has', () => {
    expect(() => protocols.get('constructor')).toThrow('does not serve the protocol "constructor"');
  });
});
