import path from 'node:path';
import { DEFAULT_NAMESPACE } from '@oci-connector/connector-api';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';

/** The chart with its default values, for people without Helm, and for the sandbox. */
export const INSTALL_MANIFEST = 'deploy/install.yaml';

/** The oldest supported version. Its manifests are valid on all later ones. */
const KUBERNETES_VERSION = '1.30.0';

/** Where the images are; users replace it. */
const PLACEHOLDER = 'registry.example/oci-connector';

const INTRODUCTION = `# OCI Connector with the default values of its Helm chart. The CRDs must exist before: kubectl apply -f deploy/chart/crds
# Replace ${PLACEHOLDER} by the registry to which you have pushed the images.
# \`npm run release -- manifests\` writes this file from deploy/chart; do not edit it.
apiVersion: v1
kind: Namespace
metadata:
  name: ${DEFAULT_NAMESPACE}
`;

/** Returns the text of {@link INSTALL_MANIFEST}. @param helm path of helm 3 */
export async function renderInstallManifest(helm: string): Promise<string> {
  const chart = path.join(workspaceRoot, 'deploy/chart');
  const args = [
    'oci-connector',
    chart,
    `--namespace=${DEFAULT_NAMESPACE}`,
    `--kube-version=${KUBERNETES_VERSION}`,
    '--no-hooks',
    `--set=image.registry=${PLACEHOLDER}`,
  ];
  return INTRODUCTION + (await runCommand([helm, 'template', ...args]));
}
