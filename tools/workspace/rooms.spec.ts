import { WorkspaceCopy } from './workspace-copy';

/** Limit in milliseconds: ESLint reads the types of the whole proxy, which takes minutes on a busy machine. */
const MINUTES = 10 * 60_000;

/** A file in `apps/proxy/src`, and a part of the expected message of lint; undefined if lint must accept the file. */
type Planted = readonly [file: string, text: string, message: string | undefined];

interface LintResult {
  readonly filePath: string;
  readonly messages: readonly { readonly ruleId: string | null; readonly severity: number; readonly message: string }[];
}

const ERROR = 2;

describe('lint, in the rooms of the proxy', () => {
  /** Files with words that belong to another room. */
  const misplaced: readonly Planted[] = [
    ['pipeline/planted-path.ts', "export const ping = (path: string): boolean => path === '/v2/';\n", 'The pipeline knows no protocol'],
    ['pipeline/planted-comment.ts', '/** Not for blobs. */\nexport const limit = 1;\n', 'belongs to apps/proxy/src/protocols/'],
    ['pipeline/planted-step.ts', "export { type AskUpstream } from './ask-upstream';\n", 'handle-request.ts names their order'],
    [
      'upstream/planted-answer.ts',
      "import { ServerResponse } from 'node:http';\n\nexport const isAnswer = (sink: unknown): boolean => sink instanceof ServerResponse;\n",
      'write to ClientSink',
    ],
    [
      'client/planted-answer.ts',
      "import { ServerResponse } from 'node:http';\n\nexport const isAnswer = (sink: unknown): boolean => sink instanceof ServerResponse;\n",
      undefined,
    ],
    ['pipeline/planted-name.ts', "export const prefix = '/namespaces/a/connectors/b';\n", 'belongs to apps/proxy/src/naming/'],
    ['pipeline/handle-request.ts', "export const ping = '/namespaces/a';\n", 'belongs to apps/proxy/src/naming/'],
    ['client/planted-name.ts', "export { connectorPath } from '@oci-connector/connector-api';\n", 'belongs to apps/proxy/src/naming/'],
    ['planted-name.ts', "export { parseConnectorHost } from '@oci-connector/connector-api';\n", 'belongs to apps/proxy/src/naming/'],
    ['protocols/http/planted-name.ts', "export const catalog = '/v2/_catalog';\n", 'belongs to apps/proxy/src/naming/'],
    ['naming/planted-name.ts', "export const prefix = '/namespaces/a/connectors/b';\n", undefined],
    ['protocols/oci/planted-name.ts', "export { connectorPath } from '@oci-connector/connector-api';\n", undefined],
    ['protocols/planted-path.ts', "export const ping = (path: string): boolean => path === '/v2/';\n", undefined],
  ];

  /** Files with imports from another room. */
  const crossing: readonly Planted[] = [
    ['upstream/planted.ts', "export { ServeRequest } from '../client/serve-request';\n", 'upstream/ may not import client/serve-request'],
    ['upstream/planted-pipeline.ts', "export * from '../pipeline/outcome';\n", 'upstream/ may not import pipeline/outcome'],
    ['upstream/planted-protocol.ts', "import '../protocols/protocol';\n", 'upstream/ may not import protocols/protocol'],
    [
      'naming/planted.ts',
      "import { type Identified } from '../pipeline/proxy-exchange';\nexport type Named = Identified;\n",
      'naming/ may not import',
    ],
    [
      'naming/planted-protocol.ts',
      "export type P = import('../protocols/protocol').ProtocolHandler;\n",
      'naming/ may not import protocols/protocol',
    ],
    [
      'protocols/oci/planted.ts',
      "export { type UpstreamTransport } from '../../upstream/upstream-transport';\n",
      'protocols/ may not import upstream/upstream-transport',
    ],
    [
      'protocols/planted.ts',
      "export const sink = await import('../client/client-sink');\n",
      'protocols/ may not import client/client-sink',
    ],
    [
      'protocols/planted-step.ts',
      "import step = require('../pipeline/plan-request');\nexport { step };\n",
      'protocols/ may not import pipeline/plan-request',
    ],
    [
      'pipeline/planted.ts',
      "export { HttpConnections } from '../client/http-connections';\n",
      'pipeline/ may not import client/http-connections',
    ],
    ['pipeline/planted-port.ts', "export const port = require('../port/port') as unknown;\n", 'pipeline/ may not import port/port'],
    [
      'transfer/planted.ts',
      "export { targetOf } from '.././upstream/upstream-target';\n",
      'transfer/ may not import upstream/upstream-target',
    ],
    ['client/planted.ts', "export { Port } from '../port/port';\n", 'client/ may not import port/port'],
    [
      'certificates/planted.ts',
      "export { ServedNames } from '../naming/served-names';\n",
      'certificates/ may not import naming/served-names',
    ],
    ['sealing/planted.ts', "export { UpstreamPool } from '../upstream/upstream-pool';\n", 'sealing/ may not import upstream/upstream-pool'],
    [
      'observability/planted.ts',
      "export { type ClientExchange } from '../pipeline/proxy-exchange';\n",
      'observability/ may not import pipeline/proxy-exchange',
    ],
    ['port/planted.ts', "export { createDataPlane } from '../create-data-plane';\n", 'port/ may not import create-data-plane'],
    [
      'transfer/planted-test.ts',
      "export { rawExchange } from '../../test/raw-exchange';\n",
      'transfer/ may not import ../test/raw-exchange',
    ],
    ['attic/planted.ts', 'export {};\n', 'attic/ is no room of the proxy yet'],
    // Allowed imports.
    ['port/planted-allowed.ts', "export { peerOf } from '../client/peer';\n", undefined],
    ['pipeline/planted-allowed.ts', "export { type ClientSink } from '../client/client-sink';\n", undefined],
    ['protocols/oci/planted-allowed.ts', "export { targetOf } from '../../upstream/upstream-target';\n", undefined],
    [
      'upstream/planted-allowed.ts',
      "export { ProxyError } from '../proxy.errors';\nexport { UpstreamPool } from './upstream-pool';\n",
      undefined,
    ],
    ['upstream/planted.spec.ts', "export { ServeRequest } from '../client/serve-request';\n", undefined],
  ];

  /** Files that compose a program. */
  const composed: readonly Planted[] = [
    [
      'planted-order.ts',
      'const early = (): number => late;\nconst late = 1;\nexport { early };\n',
      "'late' was used before it was defined",
    ],
    [
      'planted-in-order.ts',
      'const first = 1;\nexport const second = (): number => first + third();\nfunction third(): number {\n  return 1;\n}\n',
      undefined,
    ],
  ];

  const planted = [...misplaced, ...crossing, ...composed];
  let copy: WorkspaceCopy;
  let results: readonly LintResult[];

  beforeAll(async () => {
    copy = await WorkspaceCopy.make();
    const files = planted.map(([file]) => `apps/proxy/src/${file}`);
    await Promise.all(planted.map(([, text], index) => copy.write(files[index] ?? '', text)));
    const { output } = await copy.run('eslint', '--format', 'json', ...files);
    results = JSON.parse(output.slice(output.indexOf('[{'), output.lastIndexOf('}]') + 2)) as LintResult[];
  }, MINUTES);
  afterAll(() => copy.remove());

  const refusals = (file: string, rule: string): string[] =>
    results
      .find(({ filePath }) => filePath.endsWith(`/apps/proxy/src/${file}`))
      ?.messages.filter(({ ruleId, severity }) => ruleId === rule && severity === ERROR)
      .map(({ message }) => message) ?? ['ESLint did not check the file'];
  const expected = (message: string | undefined): string[] => (message === undefined ? [] : [expect.stringContaining(message) as string]);

  it.each(misplaced)('refuses words of another room: %s', (file, _text, message) => {
    expect(refusals(file, 'rooms/words')).toEqual(expected(message));
  });

  it.each(crossing)('refuses imports that the room may not have: %s', (file, _text, message) => {
    expect(refusals(file, 'rooms/imports')).toEqual(expected(message));
  });

  it.each(composed)('refuses forward references in the composition: %s', (file, _text, message) => {
    expect(refusals(file, '@typescript-eslint/no-use-before-define')).toEqual(expected(message));
  });
});
