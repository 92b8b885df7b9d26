import { type ServerResponse } from 'node:http';
import { type AccessAttributes } from '../src/access-reviewer';
import { type ClientIdentity } from '../src/token-reviewer';
import { json } from './api-server';

/** Who asks, in reviews of access. */
export const identity: ClientIdentity = {
  username: 'system:serviceaccount:team-a:builder',
  uid: 'sa-uid',
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra: { a: ['1', '2'], b: ['3'] },
};

/** What for. */
export const attributes: AccessAttributes = {
  verb: 'get',
  group: 'connectors.alauda.io',
  resource: 'connectors',
  subresource: 'proxy',
  namespace: 'team-b',
  name: 'harbor',
};

/** Of a review of a token. */
export const user = {
  username: 'system:serviceaccount:team-a:builder',
  uid: 'sa-uid',
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/pod-name': ['build-1'] },
};

/** The status that says yes to a token. */
export const yes = { authenticated: true, user, audiences: ['connectors-proxy'] };

/** An answer of the API server to a review. */
export const reviewed =
  (kind: 'SubjectAccessReview' | 'TokenReview', status: unknown) =>
  (response: ServerResponse): void =>
    json(response, 201, { kind, metadata: {}, status });
