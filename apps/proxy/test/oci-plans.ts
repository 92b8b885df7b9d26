import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { type RepositoryScope } from '@oci-connector/oci-auth';
import { deriveSealingKey } from '../src/sealing/key-ring';
import { LocationSeal } from '../src/sealing/location-seal';
import { type ConnectorRequest, type UpstreamPlan } from '../src/protocols/protocol';
import { OciHandler } from '../src/protocols/oci/oci-handler';
import { type AddressForm, clientPaths } from './client-paths';

export const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`;
export const ESCAPED = SHA.replace(':', '%3A');
export const PREFIX = '/v2/namespaces/team/connectors/hub';

const key = deriveSealingKey(Buffer.alloc(32, 1));
const handler = new OciHandler(
  new LocationSeal(
    { current: () => key, find: (id) => Promise.resolve(id === key?.id ? key : undefined) },
    { now: () => 1_700_000_000_000 },
  ),
);

/** A client's request to the Connector `hub`. */
export interface Given {
  method?: string;
  path?: string;
  query?: string;
  address?: string;
  form?: AddressForm;
  hasBody?: boolean;
  mayPull?: boolean;
  uid?: string;
}

function request(given: Given): ConnectorRequest {
  return {
    method: given.method ?? 'GET',
    path: given.path ?? '/v2/app/manifests/latest',
    query: given.query ?? '',
    paths: clientPaths(given.form ?? 'path', { namespace: 'team', name: 'hub' }),
    connector: { namespace: 'team', name: 'hub', uid: given.uid ?? 'connector-uid' },
    address: parseUpstreamAddress(given.address ?? 'https://r.example'),
    client: { namespace: 'ci', name: 'builder', uid: 'account-uid' },
    headers: {},
    hasBody: given.hasBody ?? false,
    allows: (verb) => Promise.resolve(verb === 'get' && (given.mayPull ?? true)),
  };
}

export async function plan(given: Given): Promise<UpstreamPlan> {
  return handler.plan(request(given));
}

export function scopesOf(planned: UpstreamPlan | undefined): readonly RepositoryScope[] {
  if (planned?.login.kind !== 'challenge') {
    throw new Error('no login by challenge');
  }
  return planned.login.scopes;
}

/** Returns the URL to which a request goes, and whether it has the credential. */
export async function target(given: Given): Promise<string> {
  const { origin, path, sendCredential } = (await plan(given)).target;
  return `${origin}${path}${sendCredential ? '' : ' without credential'}`;
}

export const POST = { method: 'POST', path: '/v2/app/blobs/uploads/' };
export const PATCH = { method: 'PATCH', path: '/v2/app/blobs/uploads/u-1', hasBody: true };
export const PUT = { method: 'PUT', path: '/v2/app/blobs/uploads/u-1', query: `digest=${SHA}`, hasBody: true };
export const TAGS = { path: '/v2/app/tags/list' };
