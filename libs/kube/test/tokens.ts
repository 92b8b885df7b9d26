import { Sensitive } from '@oci-connector/sensitive';

function segment(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Returns a token in the form of a ServiceAccount token, with an invalid signature. */
export function aToken(claims: object = {}, header: unknown = { alg: 'RS256', kid: 'k' }): Sensitive {
  const payload = {
    iss: 'https://kubernetes.default.svc',
    sub: 'system:serviceaccount:team-a:builder',
    aud: ['connectors-proxy'],
    exp: Date.parse('2030-01-01T01:00:00Z') / 1000,
    'kubernetes.io': {
      namespace: 'team-a',
      serviceaccount: { name: 'builder', uid: 'sa-uid' },
      pod: { name: 'build-1', uid: 'pod-uid' },
    },
    ...claims,
  };
  return new Sensitive(`${segment(header)}.${segment(payload)}.c2lnbmF0dXJl`);
}
