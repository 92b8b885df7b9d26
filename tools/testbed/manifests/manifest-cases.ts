import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type Checks, expectEqual, expectParts } from '../checks';
import { type Kubectl } from '../kubectl';

/** The cases of the tests of our own validation; the README there describes their format. */
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

/**
 * Applies all valid and invalid manifests with a dry run, and checks that the API server reports the same problems as our own
 * validation.
 */
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

/** Returns the message of a problem `PATH MESSAGE`; a path contains no space. */
function messageOf(problem: string): string {
  return problem.slice(problem.indexOf(' ') + 1);
}
