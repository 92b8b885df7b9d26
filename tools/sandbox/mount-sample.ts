import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pullImage, pushImage, type ImageAddress } from '@oci-connector/testing';
import { Pods, type PublishedVolume } from '../kubelet/published-volume';
import { readLogin } from '../kubelet/volume-login';
import { step } from '../processes/progress';
import { publishVolume, unpublishAtTheEnd, type VolumeKeeping } from './publish-volume';
import { SAMPLE, samplePod } from './sample';
import { sampleImage } from './sample-image';
import { type Sandbox } from './sandbox';
import { tableOfFiles } from './volume-files';

/**
 * The main job again, as a pod does it: a volume is published, and with nothing but its files an image is pushed and pulled.
 *
 * @returns the directory of the volume, which is kept fresh until the sandbox ends
 */
export async function mountSample(sandbox: Sandbox, closing: (() => Promise<unknown>)[]): Promise<string> {
  const volume = await step("publishing a Pod's volume", () => publishSample(sandbox));
  unpublishAtTheEnd(volume, closing);
  process.stdout.write(`\n${await tableOfFiles(volume.directory)}\n${explanation()}\n`);
  for (const url of [sandbox.proxy.http, sandbox.proxy.https]) {
    await step(`pushing and pulling through ${url} with nothing but these files`, () => pushAndPull(volume.directory, url));
  }
  process.stdout.write(`\nDone. The volume is in ${volume.directory}\n`);
  return volume.directory;
}

/** The Pod is an object only: nothing runs it. */
export async function publishSample(sandbox: Sandbox, keeping: VolumeKeeping = {}): Promise<PublishedVolume> {
  const pod = await sandbox.client.create(Pods, samplePod());
  return publishVolume(sandbox, { pod, volume: SAMPLE.pod.volume }, keeping);
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
  if (pulled.digest !== pushed) throw new Error(`pushed ${pushed}, pulled ${pulled.digest}`);
}
