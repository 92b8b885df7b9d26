import { Sensitive } from '@oci-connector/sensitive';
import { type RegistryCredential } from '../../src/upstream-registry';

/** The content of the connector's Secret. A registry token is a user name and a password, too. */
export const CREDENTIALS = [
  'none',
  'password',
  'identity token',
  'identity token and password',
  'wrong password',
  'wrong identity token',
] as const;
export type CredentialState = (typeof CREDENTIALS)[number];

/** The memory that earlier requests have left; see `memories.ts`. */
export const MEMORIES = [
  'nothing',
  'Bearer',
  'Basic',
  'open',
  'token',
  'expired token',
  'refused token',
  'refused credential',
  'refusal',
  'learned actions',
  'doubt',
] as const;
export type Memory = (typeof MEMORIES)[number];

/** The responses of the registry and its token server from then on; see `answers.ts`. Here: how the registry requires requests to be authorised. */
export const SCHEMES = [
  'Bearer',
  'Bearer and Basic',
  'Basic',
  'no challenge',
  'everything is open',
  'everybody may read',
  'everybody may read, an account may write',
  'neither scheme',
  'registry is down',
  'registry is throttled',
] as const;

/** How the registry, or its token server, refuses. */
export const REFUSALS = [
  'its own scope',
  'insufficient scope',
  'insufficient scope for ever',
  'a scope of others',
  'token is refused',
  'token is refused with Basic',
  'Basic is refused',
  'Basic is not enough',
  'credential is refused',
  'token without rights',
  'scope is refused',
  'scope is not understood',
] as const;

/** Where the token server is, and how it fails. */
export const TOKEN_SERVERS = [
  'token server is down',
  'token server is broken',
  'token server is throttled',
  'token server is slow',
  'token server is malformed',
  'token lives a second',
  'another realm',
  'realm is not trusted',
  'realm is not trusted later',
  'no realm',
] as const;

export const ANSWERS = [...SCHEMES, ...REFUSALS, ...TOKEN_SERVERS] as const;
export type Answer = (typeof ANSWERS)[number];

export const RIGHT_PASSWORD = 'hunter2';
export const RIGHT_IDENTITY = 'refresh-me';

const robot = (password: string, identityToken?: string): RegistryCredential => ({
  username: 'robot',
  password: new Sensitive(password),
  ...(identityToken !== undefined && { identityToken: new Sensitive(identityToken) }),
});

export const CREDENTIAL_OF: Readonly<Record<CredentialState, RegistryCredential | undefined>> = {
  none: undefined,
  password: robot(RIGHT_PASSWORD),
  'identity token': robot('', RIGHT_IDENTITY),
  'identity token and password': robot(RIGHT_PASSWORD, RIGHT_IDENTITY),
  'wrong password': robot('wrong'),
  'wrong identity token': robot('', 'stale'),
};
