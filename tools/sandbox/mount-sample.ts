import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pullImage, pushImage, type ImageAddress } from '@oci-connector/testing-registry';
import { type Kubelet } from '../kubelet/kubelet';
import { Pods } from '../kubelet/published-volume';
import { readLogin } from '../kubelet/volume-login';
import { step } from '../processes/progress';
import { listThroughForwardProxy } from './forward-sample';
import { SAMPLE, samplePod } from './sample';
import { sampleImage } from './sample-image';
import { type Sandbox } from './sandbox';
import { tableOfFiles } from './volume-files';

/** Time to wait for the volume, in milliseconds. The driver has just started, and refuses volumes until it has read the Connector. */
const FIRST_VOLUME_MS = 30_000;

/**
 * Repeats the sample as a pod does: publishes a volume, then pushes and pulls an image with only its files. The Pod exists only as an
 * object; no container runs.
 *
 * @returns the directory of the volume, whose token is renewed until the sandbox ends
 */
export async function mountSample(sandbox: Sandbox, kubelet: Kubelet): Promise<string> {
  const volume = await step("publishing a Pod's volume", async () => {
    const pod = await sandbox.client.create(Pods, samplePod());
    return kubelet.published(pod, SAMPLE.pod.volume, FIRST_VOLUME_MS);
  });
  process.stdout.write(`\n${await tableOfFiles(volume.directory)}\n${explanation()}\n`);
  for (const url of [sandbox.proxy.http, sandbox.proxy.https]) {
    await step(`pushing and pulling through ${url} with only these files`, () => pushAndPull(volume.directory, url));
  }
  await step(`asking ${sandbox.registry.url} itself, through the forward proxy with only these files`, () =>
    listThroughForwardProxy(sandbox, volume.directory),
  );
  process.stdout.write('\nDone.\n');
  return volume.directory;
}

function explanation(): string {
  const { pod, serviceAccount } = SAMPLE;
  return `
These are the files that Pod ${pod.namespace}/${pod.name}, ServiceAccount ${serviceAccount.name}, would have at ${pod.mountPath}. No pod runs here: the sandbox
replaces the kubelet. It requests the Pod's token, calls the driver over its socket to publish the volume, and calls it again every
minute, so that the files always contain a valid token. Here the volume is a plain directory; on a node it is a tmpfs, in memory.
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
