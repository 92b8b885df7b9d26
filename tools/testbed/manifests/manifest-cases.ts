import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type Checks, expectEqual, expectParts } from '../checks';
import { type Kubectl } from '../kubectl';

/** The cases that our own validation is tested with; the README there tells their format. */
const DIRECTORY = path.join(process.cwd(), 'libs/connector-api/test/manifests');

const FILES = { Connector: 'connectors.yaml', ConnectorClass: 'connectorclasses.yaml' } as const;

interface ManifestCase {
  readonly name: string;
  readonly metadata?: object;
  readonly spec: object;
  readonly problems?: readonly string[];
  readonly apiServer?: readonly string[];
  readonly strict?: boolean;
}

/** Applies every good and every bad manifest without keeping it: the API server has to say what our own validation says. */
export async function checkManifestCases(checks: Checks, kubectl: Kubectl): Promise<void> {
  for (const [kind, file] of Object.entries(FILES)) {
    const cases = parse(await readFile(path.join(DIRECTORY, file), 'utf8')) as ManifestCase[];
    for (const item of cases) {
      await checks.check(`${kind}, ${item.name}: ${verdict(item)}`, () => checkCase(kubectl, kind, item));
    }
  }
}

const verdict = ({ problems }: ManifestCase): string => (problems ? 'refused' : 'accepted');

async function checkCase(kubectl: Kubectl, kind: string, item: ManifestCase): Promise<void> {
  const apiVersion = 'connectors.alauda.io/v1alpha1';
  const manifest = stringify({ apiVersion, kind, metadata: { name: 'case', ...item.metadata }, spec: item.spec });
  const apply = ['apply', '--dry-run=server', '-f', '-'];
  const { status, stderr } = await kubectl.try(apply, manifest);
  if (!item.problems) {
    expectEqual(status, 0, `status of kubectl apply: ${stderr}`);
    return;
  }
  expectEqual(status, 1, 'status of kubectl apply');
  expectParts(stderr, item.apiServer ?? item.problems.map(messageOf));
  if (item.strict) {
    await kubectl.run([...apply, '--validate=warn'], manifest);
  }
}

/** A problem is `path message`; a path has no space. */
function messageOf(problem: string): string {
  return problem.slice(problem.indexOf(' ') + 1);
}
