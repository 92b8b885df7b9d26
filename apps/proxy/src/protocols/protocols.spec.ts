import { type LocationSeal } from '../sealing/location-seal';
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
    // Whatever touches an upload is part of pushing.
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
