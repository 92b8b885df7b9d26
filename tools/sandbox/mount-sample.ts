import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pullImage, pushImage, type ImageAddress } from '@oci-connector/testing-registry';
import { type Kubelet } from '../kubelet/kubelet';
import { Pods } from '../kubelet/published-volume';
import { readLogin } from '../kubelet/volume-login';
import { step } from '../processes/progress';
import { SAMPLE, samplePod } from './sample';
import { sampleImage } from './sample-image';
import { type Sandbox } from './sandbox';
import { tableOfFiles } from './volume-files';

/** The driver has just been started; it refuses until it has seen the Connector. */
const FIRST_VOLUME_MS = 30_000;

/**
 * The main job again, as a pod does it: a volume is published, and with nothing but its files an image is pushed and pulled. The Pod is
 * an object only: nothing runs it.
 *
 * @returns the directory of the volume, which is kept fresh until the sandbox ends
 */
export async function mountSample(sandbox: Sandbox, kubelet: Kubelet): Promise<string> {
  const volume = await step("publishing a Pod's volume", async () => {
    const pod = await sandbox.client.create(Pods, samplePod());
    return kubelet.published(pod, SAMPLE.pod.volume, FIRST_VOLUME_MS);
  });
  process.stdout.write(`\n${await tableOfFiles(volume.directory)}\n${explanation()}\n`);
  for (const url of [sandbox.proxy.http, sandbox.proxy.https]) {
    await step(`pushing and pulling through ${url} with nothing but these files`, () => pushAndPull(volume.directory, url));
  }
  process.stdout.write('\nDone.\n');
  return volume.directory;
}

function explanation(): string {
  const { pod, serviceAccount } = SAMPLE;
  return `
These are the files that Pod ${pod.namespace}/${pod.name}, ServiceAccount ${serviceAccount.name}, would have at ${pod.mountPath}. No pod runs here: the sandbox
plays the kubelet. It gets the Pod's token, has the driver publish the volume over its socket, and calls again every minute, so
that the files always have a token that lasts. The volume is a plain directory here; on a node it is a tmpfs, in memory.
`;
}

async function pushAndPull(volume: string, url: string): Promise<void> {
  const { namespace, name } = SAMPLE.connector;
  const { username, password } = await readLogin(volume, new URL(url).host);
  const address: ImageAddress = {
    url,
    ca: await readFile(path.join(volume, 'ca.crt'), 'utf8'),
    auth: { username, password: password.reveal() },
    repository: `namespaces/${namespace}/connectors/${name}/${SAMPLE.repository}`,
    reference: SAMPLE.podTag,
  };
  const pushed = await pushImage(address, sampleImage('hello from a pod\n'));
  const pulled = await pullImage(address);
  if (pulled.digest !== pushed) {
    throw new Error(`pushed ${pushed}, pulled ${pulled.digest}`);
  }
}
