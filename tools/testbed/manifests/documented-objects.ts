import { readFileSync } from 'node:fs';
import path from 'node:path';
import { documentedPods, yamlDocuments } from '@oci-connector/testing-kit';
import { workspaceRoot } from '../../processes/workspace';
import { markdownPages } from '../../workspace/markdown';
import { type Checks, expectEqual, expectParts } from '../checks';
import { type Kubectl } from '../kubectl';
import { ciSystemCrds } from './ci-systems';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects of a Markdown page, and the pods that CI systems make of them. */
export interface PageObjects {
  readonly page: string;
  readonly objects: readonly Manifest[];
}

const isManifest = (content: unknown): content is Manifest => typeof content === 'object' && content !== null && 'kind' in content;

/** Returns the objects of every page that has some. A pod that an object only describes is added as a Pod of its own. */
export function documentedObjects(): PageObjects[] {
  const all = markdownPages(workspaceRoot).map((page) => {
    const contents = yamlDocuments(readFileSync(path.join(workspaceRoot, page), 'utf8')).map(({ content }) => content);
    const pods = documentedPods(contents)
      .filter(({ from }) => !from.startsWith('Pod '))
      .map(({ namespace, spec }, index) => aPod(`described-${index}`, namespace, spec));
    return { page, objects: [...contents.filter(isManifest), ...pods] };
  });
  return all.filter(({ objects }) => objects.length > 0);
}

type PodSpec = ReturnType<typeof documentedPods>[number]['spec'];

/** A hook of a CI system gets name and image of a container, such as `$job`, from the job. */
function aPod(name: string, namespace: string | undefined, spec: PodSpec): Manifest & { readonly spec: PodSpec } {
  const containers = spec.containers.map((container) => ({ image: 'job', ...container, name: container.name.replace('$', '') }));
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: { ...spec, containers } };
}

const asList = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/**
 * Sends every object of the documentation to the API server as a dry run that refuses unknown fields. What the objects need is created
 * before: the namespaces, the ServiceAccounts of pods, and the kinds of CI systems. The last two are deleted afterwards.
 */
export async function checkDocumentedObjects(checks: Checks, kubectl: Kubectl): Promise<void> {
  const pages = documentedObjects();
  const crds = ciSystemCrds();
  await kubectl.run(['apply', '-f', '-'], asList(crds));
  await kubectl.run(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  const { namespaces, accounts } = needsOf(pages.flatMap(({ objects }) => objects));
  await kubectl.run(['apply', '-f', '-'], asList([...namespaces, ...accounts]));
  const apply = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
  for (const { page, objects } of pages) {
    await checks.check(`${page}: kubectl apply --dry-run=server of ${objects.length} objects`, () => kubectl.run(apply, asList(objects)));
  }
  await checks.check('a misspelt field of a CI system is refused', async () => {
    const spec = { taskRef: { name: 'a' }, serviceAccount: 'b' };
    const { status, stderr } = await kubectl.try(
      apply,
      asList([{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'a' }, spec }]),
    );
    expectEqual(status, 1, 'status of kubectl apply');
    expectParts(stderr, ['unknown field', 'serviceAccount']);
  });
  await kubectl.run(['delete', '--wait=false', '-f', '-'], asList([...crds, ...accounts]));
}

/** Returns the namespaces of the objects, and the ServiceAccounts of their pods. */
function needsOf(objects: readonly Manifest[]): { namespaces: object[]; accounts: object[] } {
  const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  const accounts = new Set(objects.filter(({ kind }) => kind === 'Pod').map((pod) => accountOf(pod)));
  return {
    namespaces: [...namespaces].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    accounts: [...accounts].map((account) => {
      const [namespace, name] = account.split('/');
      return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } };
    }),
  };
}

/** Returns the ServiceAccount of a Pod as `NAMESPACE/NAME`. */
function accountOf(pod: Manifest): string {
  const { spec } = pod as unknown as { spec: PodSpec };
  return `${pod.metadata.namespace ?? 'default'}/${spec.serviceAccountName ?? 'default'}`;
}
