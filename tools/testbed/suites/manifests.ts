import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Checks, expectEqual } from '../checks';
import { Kubectl } from '../kubectl';
import { checkDocumentedObjects } from '../manifests/documented-objects';
import { checkManifestCases } from '../manifests/manifest-cases';
import { checkPermissions } from '../manifests/permissions';
import { checkInstallWithoutHelm } from '../manifests/install-without-helm';
import { checkViews } from '../manifests/views';
import { startProduct } from '../start-product';
import { type Suite } from './suite';

const EXAMPLES = path.join(process.cwd(), 'deploy/examples');

/** Runs commands of users on a real API server, and checks their output. */
export const manifestsSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    await checks.part('install without Helm', () => checkInstallWithoutHelm(checks, context));
    const { api } = await context.product(() => startProduct(context));
    const kubectl = new Kubectl(api.kubeconfig, context.directory);
    await checkManifestCases(checks, kubectl);
    await checkViews(checks, kubectl);
    // Before the examples: when they are deleted, their namespaces end for good, because nothing collects what is in them.
    await checks.part('the documentation', () => checkDocumentedObjects(checks, kubectl));
    await checkExamples(checks, kubectl, () => checkPermissions(checks, kubectl));
    return checks.result;
  },
};

/** Applies the examples without a dry run, because some objects need others, and deletes them afterwards. */
async function checkExamples(checks: Checks, kubectl: Kubectl, meanwhile: () => Promise<void>): Promise<void> {
  const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.yaml'));
  for (const name of files) {
    await checks.check(`kubectl apply -f deploy/examples/${name}, twice`, async () => {
      const file = path.join(EXAMPLES, name);
      await kubectl.run(['apply', '-f', file]);
      const again = await kubectl.run(['apply', '-f', file]);
      const changed = again.split('\n').filter((line) => line !== '' && !line.endsWith(' unchanged'));
      // kubectl always reports a Secret with stringData as configured.
      expectEqual(
        changed.filter((line) => !line.startsWith('secret/')),
        [],
        'objects that the second apply changed',
      );
    });
  }
  await meanwhile();
  for (const name of files) {
    await kubectl.run(['delete', '--wait=false', '--ignore-not-found', '-f', path.join(EXAMPLES, name)]);
  }
}
