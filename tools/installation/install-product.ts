import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type KubeObject } from '@oci-connector/connector-api';
import { type KubeClient } from '@oci-connector/kube';
import { readInstallManifest } from '@oci-connector/testing-kube-api';
import { workspaceRoot } from '../processes/workspace';
import { INSTALL_MANIFEST } from '../release/install-manifest';
import { applyFile, applyManifests, CustomResourceDefinitions, parseManifests } from './apply-manifests';

const CRDS = 'deploy/chart/crds';
const CRD_DEADLINE_MS = 30_000;

/** Applies the CRDs, and the RBAC objects, the class and the CSIDriver of the chart. */
export async function installProduct(client: KubeClient): Promise<void> {
  const directory = path.join(workspaceRoot, CRDS);
  for (const name of await readdir(directory)) {
    await applyFile(client, path.join(directory, name));
  }
  await customResourcesEstablished(client);
  const installed = readInstallManifest(path.join(workspaceRoot, INSTALL_MANIFEST));
  await applyManifests(client, parseManifests(installed, INSTALL_MANIFEST));
}

interface CustomResourceDefinition extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/** Waits until the types are established: a real API server serves a new type a moment after its definition was created. */
async function customResourcesEstablished(client: KubeClient): Promise<void> {
  const deadline = Date.now() + CRD_DEADLINE_MS;
  for (;;) {
    const { items } = await client.list(CustomResourceDefinitions);
    const waiting = (items as CustomResourceDefinition[]).filter(
      ({ status }) => !status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True'),
    );
    if (waiting.length === 0) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(`not established: ${waiting.map(({ metadata }) => metadata.name).join(', ')}`);
    }
    await delay(100);
  }
}
