import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { pullImage, pushImage, type ImageAddress } from '@oci-connector/testing-registry';
import { applyManifest } from '../installation/apply-manifests';
import { requestToken } from '../installation/request-token';
import { step } from '../processes/progress';
import { type Sandbox } from './sandbox';
import { SAMPLE, sampleManifests } from './sample';
import { sampleImage } from './sample-image';
import { waitForConnectors } from '../installation/wait-for-connectors';

/**
 * Runs the sample: applies a Connector, requests a token, pushes and pulls over http and over https, and prints a summary.
 *
 * @returns the problem, if the Connector is not Ready
 */
export async function runSample(sandbox: Sandbox): Promise<string | undefined> {
  await step('applying a Connector and its Secret', () => applySample(sandbox));
  const [verdict] = await step('waiting until the Connector is Ready', () => waitForConnectors(sandbox.client, [SAMPLE.connector]));
  if (verdict?.ready !== 'True') {
    return `The Connector is not Ready (${verdict?.reason}): ${verdict?.message}`;
  }
  const token = await requestToken(sandbox.client, { ...SAMPLE.serviceAccount, audience: 'connectors-proxy', expirationSeconds: 3600 });
  const image = sampleImage('hello from the sandbox\n');
  const ca = await readFile(sandbox.caFile, 'utf8');
  for (const url of [sandbox.proxy.http, sandbox.proxy.https]) {
    const { namespace, name } = SAMPLE.connector;
    const address: ImageAddress = {
      url,
      ca,
      auth: { username: 'any', password: token.reveal() },
      repository: `namespaces/${namespace}/connectors/${name}/${SAMPLE.repository}`,
      reference: SAMPLE.tag,
    };
    await step(`pushing and pulling through ${url}`, async () => {
      const pushed = await pushImage(address, image);
      const pulled = await pullImage(address);
      if (pulled.digest !== pushed) {
        throw new Error(`pushed ${pushed}, pulled ${pulled.digest}`);
      }
    });
  }
  process.stdout.write(summary(sandbox, image.digest));
  return undefined;
}

/** Applies the Connector, its Secret, and a ServiceAccount that may push. */
export async function applySample(sandbox: Sandbox): Promise<void> {
  const { username, password } = sandbox.account;
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: SAMPLE.connector.namespace, name: SAMPLE.secret },
    type: 'cpaas.io/distribution-registry-token',
    stringData: { username, password },
  };
  for (const object of [secret, ...sampleManifests(sandbox.registry.url, sandbox.registry.tokenOrigin)]) {
    await applyManifest(sandbox.client, stringify(object), 'the sample');
  }
}

function summary(sandbox: Sandbox, digest: string): string {
  const { connector, serviceAccount, repository, tag } = SAMPLE;
  return `
Done. ServiceAccount ${serviceAccount.namespace}/${serviceAccount.name} pushed and pulled
  ${repository}:${tag} (${digest})
through Connector ${connector.namespace}/${connector.name} to ${sandbox.registry.url}.
It never got the registry's password: the proxy checked its token with a TokenReview and its permission (ClusterRole
connectors-pusher, granted by a RoleBinding) with a SubjectAccessReview, and added the credential to the requests.
`;
}
