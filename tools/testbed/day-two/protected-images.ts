import path from 'node:path';
import { VERSION } from '@oci-connector/runtime';
import { mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { runCommand } from '../../processes/run-command';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { imageData, IMAGE_REGISTRY } from '../cluster/pod-images';
import { newAccount } from '../registries';
import { type TestbedContext } from '../testbed-context';
import { toolPath } from '../toolchain';

/** A registry with the images of the product, which requires a login. */
export interface ProtectedImages {
  readonly registry: string;
  /** The Secret with which the kubelet pulls them. */
  secret(namespace: string): object;
}

export const PULL_SECRET = 'images';

const REGISTRY = '127.0.0.1:5001';

/** Starts another registry for the images that the cluster has, and gives those of the product more versions. */
export async function startProtectedImages(
  context: TestbedContext,
  cluster: InstalledCluster,
  versions: readonly string[],
): Promise<ProtectedImages> {
  const account = newAccount('puller');
  context.secrets.push({ name: 'password of the registry with the images', value: account.password });
  const directory = path.join(cluster.directory, 'protected-images');
  await mkdir(directory);
  const place = (name: string): string => path.join(directory, name);
  await writeFile(place('htpasswd'), await runCommand(['htpasswd', '-nbB', account.username, account.password]));
  const storage = { filesystem: { rootdirectory: imageData(cluster.directory) } };
  const auth = { htpasswd: { realm: 'images', path: place('htpasswd') } };
  await writeFile(place('config.yml'), stringify({ version: 0.1, log: { level: 'warn' }, storage, http: { addr: REGISTRY }, auth }));
  await cluster.group.start({
    name: 'protected-images',
    command: [toolPath('registry'), 'serve', place('config.yml')],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: async () => (await fetch(`http://${REGISTRY}/v2/`)).status === 401,
  });
  for (const program of ['controller', 'proxy', 'csi']) {
    for (const version of versions) {
      await runCommand([toolPath('crane'), 'tag', `${IMAGE_REGISTRY}/connectors-${program}:${VERSION}`, version]);
    }
  }
  const auths = { [REGISTRY]: { auth: Buffer.from(`${account.username}:${account.password}`).toString('base64') } };
  return {
    registry: REGISTRY,
    secret: (namespace) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace, name: PULL_SECRET },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify({ auths }) },
    }),
  };
}
