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

/** Where the chart and the CRDs are; a release has others than the workspace. */
export interface ManifestOptions {
  readonly chart: string;
  /** File or directory of the CRDs, as the introduction names it. */
  readonly crds: string;
  /** Where the images are. Undefined: the user replaces a placeholder. */
  readonly registry?: string;
}

const WORKSPACE: ManifestOptions = { chart: path.join(workspaceRoot, 'deploy/chart'), crds: 'deploy/chart/crds' };

/** Returns the text of {@link INSTALL_MANIFEST}. @param helm path of helm 3 */
export async function renderInstallManifest(helm: string, options = WORKSPACE): Promise<string> {
  const args = [
    'oci-connector',
    options.chart,
    `--namespace=${DEFAULT_NAMESPACE}`,
    `--kube-version=${KUBERNETES_VERSION}`,
    '--no-hooks',
    `--set=image.registry=${options.registry ?? PLACEHOLDER}`,
  ];
  return introductionOf(options) + (await runCommand([helm, 'template', ...args]));
}

function introductionOf({ crds, registry }: ManifestOptions): string {
  const images = registry === undefined ? [`# Replace ${PLACEHOLDER} by the registry to which you have pushed the images.`] : [];
  return `# OCI Connector with the default values of its Helm chart. The CRDs must exist before: kubectl apply -f ${crds}
${[...images, '# `npm run release -- manifests` writes this file from deploy/chart; do not edit it.'].join('\n')}
apiVersion: v1
kind: Namespace
metadata:
  name: ${DEFAULT_NAMESPACE}
`;
}
