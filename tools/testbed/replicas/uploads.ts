import { createHash, randomBytes } from 'node:crypto';
import { type RegistryQuirks } from '@oci-connector/testing-registry';
import { type Checks, expectEqual } from '../checks';
import { expectAnswer } from './answers';
import { type ReplicatedInstallation } from './replicated-installation';

interface Form {
  readonly name: string;
  readonly uploadLocation: NonNullable<RegistryQuirks['uploadLocation']>;
  /** Whether the client sees a sealed location instead of the registry's own session. */
  readonly sealed: boolean;
}

/** The locations at which registries continue uploads, and whether the client gets a sealed location. */
const FORMS: readonly Form[] = [
  { name: 'below the repository', uploadLocation: 'relative', sealed: false },
  { name: 'outside /v2/', uploadLocation: 'outside-v2', sealed: true },
  { name: 'on another origin', uploadLocation: 'other-host', sealed: true },
];

/** Checks uploads that one replica begins and another continues, after the token was renewed and the first replica restarted. */
export async function checkUploads(checks: Checks, installation: ReplicatedInstallation): Promise<void> {
  for (const form of FORMS) {
    await checks.check(`an upload whose location is ${form.name} survives a change of replica, token and process`, () =>
      changeReplica(installation, form),
    );
  }
  const sealed = FORMS.filter((form) => form.sealed);
  for (const form of sealed) {
    await checks.check(`an upload whose location is ${form.name} can only be used by its own account`, () => steal(installation, form));
  }
}

const CHUNK_BYTES = 256 * 1024;

async function changeReplica(installation: ReplicatedInstallation, form: Form): Promise<void> {
  const { registry } = installation;
  const chunks = [randomBytes(CHUNK_BYTES), randomBytes(CHUNK_BYTES), randomBytes(CHUNK_BYTES)] as const;
  const token = await installation.token('builder');
  registry.clearRequests();
  const repository = repositoryOf(form);
  const begun = await begin(installation, form, token);
  const first = await append(installation, { replica: 'a', location: begun, token, chunk: chunks[0], offset: 0 });
  const renewed = await installation.token('builder');
  await installation.restartReplica('a');
  const second = await append(installation, { replica: 'b', location: first, token: renewed, chunk: chunks[1], offset: CHUNK_BYTES });
  const status = await installation.send('a', second, { token: renewed });
  expectEqual(expectAnswer(status, 204).headers.range, `0-${2 * CHUNK_BYTES - 1}`, 'Range of the upload');
  const content = Buffer.concat(chunks);
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const end = `${second}${second.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
  expectAnswer(await installation.send('a', end, { method: 'PUT', token: renewed, body: chunks[2], headers: OCTETS }), 201);
  const pulled = expectAnswer(await installation.send('b', installation.path(`${repository}/blobs/${digest}`), { token: renewed }), 200);
  if (!pulled.body.equals(content)) {
    throw new Error('the pulled content differs from the pushed content');
  }
  expectEqual(registry.openUploads(), [], 'open uploads in the registry');
  expectNoCredentialElsewhere(installation);
}

/** Checks that another account with the same permission cannot use a sealed location, and does not disturb the upload. */
async function steal(installation: ReplicatedInstallation, form: Form): Promise<void> {
  const owner = await installation.token('builder');
  const location = await begin(installation, form, owner);
  const thief = await installation.token('colleague');
  const before = installation.registry.requests.length;
  for (const method of ['PATCH', 'PUT', 'GET', 'DELETE'] as const) {
    const target = method === 'PUT' ? `${location}${location.includes('?') ? '&' : '?'}digest=sha256:${'0'.repeat(64)}` : location;
    expectAnswer(
      await installation.send('b', target, { method, token: thief, headers: OCTETS }),
      404,
      method === 'GET' || method === 'DELETE' ? undefined : 'BLOB_UPLOAD_UNKNOWN',
    );
  }
  expectEqual(installation.registry.requests.length, before, 'requests that arrived at the registry');
  expectAnswer(await installation.send('b', location, { method: 'DELETE', token: owner }), 204);
  expectEqual(installation.registry.openUploads(), [], 'open uploads in the registry');
}

const OCTETS = { 'content-type': 'application/octet-stream' };

const repositoryOf = ({ uploadLocation }: Form): string => `team/${String(uploadLocation)}`;

async function begin(installation: ReplicatedInstallation, form: Form, token: string): Promise<string> {
  installation.registry.quirks.uploadLocation = form.uploadLocation;
  const uploads = installation.path(`${repositoryOf(form)}/blobs/uploads/`);
  const answer = expectAnswer(await installation.send('a', uploads, { method: 'POST', token }), 202);
  const location = locationOf(answer.headers.location, uploads);
  const [upload] = installation.registry.openUploads();
  expectEqual(location.includes(upload?.id ?? '?'), !form.sealed, `the location contains the registry's own session: ${location}`);
  return location;
}

interface Chunk {
  readonly replica: 'a' | 'b';
  readonly location: string;
  readonly token: string;
  readonly chunk: Buffer;
  readonly offset: number;
}

/**
 * Sends one chunk.
 *
 * @returns the location for the next one
 */
async function append(installation: ReplicatedInstallation, { replica, location, token, chunk, offset }: Chunk): Promise<string> {
  const headers = { ...OCTETS, 'content-range': `${offset}-${offset + chunk.length - 1}` };
  const answer = expectAnswer(await installation.send(replica, location, { method: 'PATCH', token, headers, body: chunk }), 202);
  return locationOf(answer.headers.location, location.slice(0, location.indexOf('/blobs/uploads/') + '/blobs/uploads/'.length));
}

/** Returns a location, after checking that it points to the proxy, because clients send their token to it. */
function locationOf(location: string | undefined, prefix: string): string {
  if (!location?.startsWith(prefix)) {
    throw new Error(`the location ${location} does not begin with ${prefix}`);
  }
  return location;
}

/** Checks rule C2: no Authorization is sent to another origin than those of the registry and its token server. */
function expectNoCredentialElsewhere({ registry }: ReplicatedInstallation): void {
  const leaks = registry.requests.filter(({ server, headers }) => server === 'cdn' && headers.authorization !== undefined);
  expectEqual(leaks.length, 0, 'requests with Authorization on the other origin');
}
