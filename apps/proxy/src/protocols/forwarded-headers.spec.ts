import { type LocationSeal } from '../sealing/location-seal';
import { type ProtocolHandler } from './protocol';
import { shippedProtocols } from './protocols';

/** Every header here reaches the registry as the client wrote it. Before you add one, read rule C7 in docs/security-rules.md. */
const FORWARDED = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-range',
  'content-type',
  'docker-distribution-api-version',
  'docker-upload-uuid',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'oci-chunk-min-length',
  'oci-tag',
  'pragma',
  'range',
  'user-agent',
];

describe('the request headers that the proxy forwards', () => {
  const protocols = shippedProtocols({ seal: {} as LocationSeal });

  it.each(Object.entries<ProtocolHandler>(protocols))('C7: are exactly these for the protocol %s', (_name, { forwardedHeaders }) => {
    expect([...forwardedHeaders].sort()).toEqual(FORWARDED);
  });
});
