import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type KubeObject } from '@oci-connector/connector-api';
import { type KubeClient } from '@oci-connector/kube';
import { workspaceRoot } from '../processes/workspace';
import { CustomResourceDefinitions, applyFile } from './apply-manifests';

const CRDS = 'libs/connector-api/crds';
const MANIFESTS = ['deploy/rbac', 'deploy/class-oci.yaml', 'deploy/csidriver.yaml'];
const CRD_DEADLINE_MS = 30_000;

/** Applies the CRDs, the RBAC objects, the class and the CSIDriver of `deploy/`. The programs are started separately. */
export async function installProduct(client: KubeClient): Promise<void> {
  for (const file of await yamlFiles(CRDS)) {
    await applyFile(client, file);
  }
  await customResourcesEstablished(client);
  for (const manifest of MANIFESTS) {
    for (const file of await yamlFiles(manifest)) {
      await applyFile(client, file);
    }
  }
}

async function yamlFiles(place: string): Promise<string[]> {
  const full = path.join(workspaceRoot, place);
  if (place.endsWith('.yaml')) {
    return [full];
  }
  const names = await readdir(full);
  // In the order of their names, because the namespace is first.
  return names
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => path.join(full, name));
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
