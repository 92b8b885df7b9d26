import { type KubeObject } from '@oci-connector/connector-api';
import { VERSION } from '@oci-connector/runtime';
import { type KubeClient } from '@oci-connector/kube';
import { CRD_VERSION_ANNOTATION, crdFiles } from '../../generate/crds';
import { applyManifest, CustomResourceDefinitions, parseManifests } from '../../installation/apply-manifests';
import { type Cluster } from '../cluster';
import { type World } from '../world';

/** `connectors crds`: prints the CRDs of this version. @returns the exit status */
export async function printCrds(world: World): Promise<number> {
  world.print((await crdFiles()).map(({ text }) => text).join('---\n'));
  return 0;
}

/**
 * `connectors crds --apply`: creates or updates the CRDs of the cluster. Never replaces those of a newer version, whose fields objects
 * may already use.
 *
 * @returns the exit status
 */
export async function applyCrds({ client }: Pick<Cluster, 'client'>, world: World): Promise<number> {
  for (const { path, text } of await crdFiles()) {
    for (const { object } of parseManifests(text, path)) {
      const { name } = object.metadata;
      const installed = await versionOf(client, name);
      if (installed !== undefined && isNewer(installed, VERSION)) {
        world.print(`${name}: kept, because version ${installed} is newer than ${VERSION}\n`);
      } else {
        await applyManifest(client, text, path);
        world.print(`${name}: version ${VERSION}${installed === undefined ? '' : `, was ${installed}`}\n`);
      }
    }
  }
  return 0;
}

async function versionOf(client: KubeClient, name: string): Promise<string | undefined> {
  const found: KubeObject | undefined = await client.find(CustomResourceDefinitions, { name });
  return found && (found.metadata.annotations?.[CRD_VERSION_ANNOTATION] ?? 'unknown');
}

/** Compares versions of the form MAJOR.MINOR.PATCH; others are older. */
function isNewer(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => /^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? []);
  const index = (left ?? []).findIndex((number, position) => number !== right?.[position]);
  return index >= 0 && (left?.[index] ?? 0) > (right?.[index] ?? 0);
}
