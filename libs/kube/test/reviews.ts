import { type ServerResponse } from 'node:http';
import { type AccessAttributes } from '../src/access-reviewer';
import { type ClientIdentity } from '../src/token-reviewer';
import { json } from './api-server';

/** The client in access reviews. */
export const identity: ClientIdentity = {
  username: 'system:serviceaccount:team-a:builder',
  uid: 'sa-uid',
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra: { a: ['1', '2'], b: ['3'] },
};

/** The action in access reviews. */
export const attributes: AccessAttributes = {
  verb: 'get',
  group: 'connectors.alauda.io',
  resource: 'connectors',
  subresource: 'proxy',
  namespace: 'team-b',
  name: 'harbor',
};

/** The user in token reviews. */
export const user = {
  username: 'system:serviceaccount:team-a:builder',
  uid: 'sa-uid',
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/pod-name': ['build-1'] },
};

/** The status that accepts a token. */
export const yes = { authenticated: true, user, audiences: ['connectors-proxy'] };

/** Sends the API server's response to a review. */
export const reviewed =
  (kind: 'SubjectAccessReview' | 'TokenReview', status: unknown) =>
  (response: ServerResponse): void =>
    json(response, 201, { kind, metadata: {}, status });
