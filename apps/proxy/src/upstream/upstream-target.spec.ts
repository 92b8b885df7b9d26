import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { targetOf, type UpstreamTarget } from './upstream-target';

describe('targetOf', () => {
  it.each<[string, string, Pick<UpstreamTarget, 'purpose' | 'sendCredential'>]>([
    ['https://registry.example:5000/team', 'https://registry.example:5000', { purpose: 'connector', sendCredential: true }],
    ['https://registry.example:5000/team', 'https://registry.example', { purpose: 'redirect-own-host', sendCredential: false }],
    ['https://registry.example', 'http://registry.example', { purpose: 'redirect-own-host', sendCredential: false }],
    ['https://registry.example', 'https://a.registry.example', { purpose: 'redirect', sendCredential: false }],
    ['https://[2001:db8::1]', 'https://[2001:db8::1]:444', { purpose: 'redirect-own-host', sendCredential: false }],
    ['https://docker.io', 'https://registry-1.docker.io', { purpose: 'connector', sendCredential: true }],
    ['https://docker.io', 'https://docker.io', { purpose: 'redirect', sendCredential: false }],
  ])('C2: with the address %s, a request to %s has the credential only on the same origin', (address, origin, expected) => {
    expect(targetOf({ origin, path: '/v2/' }, parseUpstreamAddress(address))).toEqual({ origin, path: '/v2/', ...expected });
  });
});
