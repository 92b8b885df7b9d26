import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatKey } from '@oci-connector/kube';
import { anyAddress } from '@oci-connector/runtime';
import { anImage, FixtureRegistry, pullImage, pushImage, RegistryClient, type RegistryTarget } from '@oci-connector/testing-registry';
import { type NamespacedName } from '../../installation/namespaced-name';
import { type World } from '../world';

export interface SelfTestOptions {
  readonly target: NamespacedName;
  /** Directory of the volume. */
  readonly directory?: string;
  /** Port of the registry. */
  readonly port: number;
}

/** The account of the registry. The password is the variable SELF_TEST_PASSWORD, which the Secret of the Connector also contains. */
const USERNAME = 'self-test';

const REPOSITORY = 'self-test/image';

/** How long the proxy may take to reach the registry, whose Service has just got its endpoint, in milliseconds. */
const DEADLINE_MS = 60_000;
const PAUSE_MS = 500;

/**
 * `connectors self-test`: serves a registry that requires a password, pushes an image to it through the proxy with only the files of a
 * volume, and pulls it. `helm test` runs it in a pod.
 *
 * @returns the exit status
 */
export async function selfTestCommand({ target, directory = '/etc/connectors', port }: SelfTestOptions, world: World): Promise<number> {
  const password = world.environment['SELF_TEST_PASSWORD'];
  if (!password) {
    world.note('SELF_TEST_PASSWORD is not set: it must be the password in the Secret of the Connector');
    return 2;
  }
  const auth = { mode: 'basic', accounts: [{ username: USERNAME, password }] } as const;
  let registry: FixtureRegistry | undefined;
  try {
    registry = await FixtureRegistry.start({ host: await anyAddress(), port, auth });
    const proxy = await loginIn(directory);
    world.note(`… waiting until ${proxy.url} reaches the registry of this pod`);
    await untilServed(proxy, world);
    const address = { ...proxy, repository: REPOSITORY, reference: 'v1' };
    const image = anImage();
    const pushed = await pushImage(address, image);
    const pulled = await pullImage(address);
    if (pulled.digest !== image.digest) {
      throw new Error(`pushed ${image.digest}, but pulled ${pulled.digest}`);
    }
    world.print(`Connector ${formatKey(target)}: pushed and pulled ${pushed} through ${proxy.url}, with only the files in ${directory}\n`);
    return 0;
  } catch (error) {
    world.note(`the self-test of Connector ${formatKey(target)} failed: ${(error as Error).message}`);
    return 1;
  } finally {
    await registry?.close();
  }
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
}

/** Returns the proxy and the login of a volume. @throws Error when the volume has none */
async function loginIn(directory: string): Promise<RegistryTarget> {
  const { auths = {} } = JSON.parse(await readFile(path.join(directory, 'config.json'), 'utf8')) as DockerConfig;
  const [host, { auth = '' } = {}] = Object.entries(auths)[0] ?? [];
  if (host === undefined) {
    throw new Error(`${directory}/config.json has no login; mount the volume with configuration.names: registry-config`);
  }
  const [username = '', ...rest] = Buffer.from(auth, 'base64').toString().split(':');
  const ca = await readFile(path.join(directory, 'ca.crt'), 'utf8');
  return { url: `https://${host}`, auth: { username, password: rest.join(':') }, ca };
}

/** Waits until the registry itself answers: it has no image yet. */
async function untilServed(proxy: RegistryTarget, { clock }: World): Promise<void> {
  const client = new RegistryClient(proxy);
  const deadline = clock.monotonic() + DEADLINE_MS;
  for (;;) {
    try {
      await client.send(`${REPOSITORY}/manifests/v1`, [404], { method: 'HEAD' });
      return;
    } catch (error) {
      if (clock.monotonic() > deadline) {
        throw error;
      }
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, PAUSE_MS));
    }
  }
}
