import { readFileSync } from 'node:fs';

/** Kinds that only matter to pods of the programs, which tests start themselves, and kinds that the embedded API does not have. */
export const KINDS_OF_PODS: readonly string[] = [
  'Deployment',
  'DaemonSet',
  'Service',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

/**
 * Reads a file of manifests, and leaves out the objects of {@link KINDS_OF_PODS}.
 *
 * @returns YAML
 */
export function readInstallManifest(file: string): string {
  const documents = readFileSync(file, 'utf8').split(/^---$/m);
  return documents.filter((document) => !KINDS_OF_PODS.includes(/^kind: (\w+)$/m.exec(document)?.[1] ?? '')).join('---');
}
