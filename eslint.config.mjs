import path from 'node:path';
import { createProjectGraphAsync, readCachedProjectGraph } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

// The rule about the borders between projects reads the graph of projects from Nx's cache, and skips itself where there is none.
try {
  readCachedProjectGraph();
} catch {
  await createProjectGraphAsync({ exitOnError: true });
}

/** What each layer may import; see ARCHITECTURE.md. A project without a tag matches nothing and fails. */
const layers = [
  {
    sourceTag: 'layer:contract',
    onlyDependOnLibsWithTags: [],
    bannedExternalImports: ['@nestjs/*', 'undici'],
  },
  {
    sourceTag: 'layer:core',
    onlyDependOnLibsWithTags: ['layer:contract', 'layer:core'],
    bannedExternalImports: ['@nestjs/*'],
  },
  { sourceTag: 'scope:http', onlyDependOnLibsWithTags: ['scope:neutral'] },
  { sourceTag: 'layer:platform', onlyDependOnLibsWithTags: ['layer:contract', 'layer:core', 'layer:platform'] },
  { sourceTag: 'layer:app', onlyDependOnLibsWithTags: ['layer:contract', 'layer:core', 'layer:platform'] },
  {
    sourceTag: 'layer:testing-kit',
    onlyDependOnLibsWithTags: ['layer:contract'],
    bannedExternalImports: ['@nestjs/*'],
  },
  { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: ['layer:contract', 'layer:testing-kit'], bannedExternalImports: ['@nestjs/*'] },
  {
    sourceTag: 'layer:tool',
    onlyDependOnLibsWithTags: ['layer:contract', 'layer:core', 'layer:platform', 'layer:testing-kit', 'layer:testing', 'layer:tool'],
  },
];

/** Spec files may use test support whatever their project's layer; but the kit is below the other two, in its specs too. */
const layersWithTesting = layers.map((layer) => ({
  ...layer,
  onlyDependOnLibsWithTags: [
    ...layer.onlyDependOnLibsWithTags,
    'layer:contract',
    'layer:testing-kit',
    ...(layer.sourceTag.startsWith('layer:testing') ? [] : ['layer:testing']),
  ],
}));

const boundaries = (depConstraints, allow = []) => ({
  '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, allow, depConstraints }],
});

/** One way to write a private member, and the one that holds at run time too. */
const privateMembers = {
  selector: ":matches(PropertyDefinition, MethodDefinition[kind!='constructor'])[accessibility='private']",
  message: 'Write #name instead of private name; private is for constructors and their parameter properties.',
};

const HANDED_IN = 'Everything that touches the world is handed in: take a Clock (libs/clock), or what you need of World (libs/runtime).';

/** The date of the machine, in the forms that `no-restricted-properties` does not find: `new Date()`, `Date()`, and `Date` as a clock. */
const date = {
  selector: [
    ":matches(NewExpression, CallExpression)[callee.name='Date'][arguments.length=0]",
    "AssignmentPattern[right.name='Date']",
    "Property[value.name='Date']",
  ].join(', '),
  message: HANDED_IN,
};

/** However it is written: `process.env`, `process['env']`, `const { env } = process`, an import of `node:process`. */
const environment = [
  "MemberExpression[object.name='process']:matches([property.name='env'], [property.value='env'])",
  "VariableDeclarator[init.name='process'] > ObjectPattern > Property[key.name='env']",
  'ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name="env"]',
  'ImportDeclaration[source.value=/^(node:)?process$/] > :matches(ImportDefaultSpecifier, ImportNamespaceSpecifier)',
].map((selector) => ({
  selector,
  message:
    'Only apps/APP/src/APP.config.ts reads the environment, and libs/kube/src/kubernetes.config.ts what kubectl and pods have; tests that need a tool read its path in a *.config.ts of their own.',
}));

/** Who reads the environment: each program its settings, `libs/kube` where the API server is, and tests where their tools are. */
const readsEnvironment = [
  'apps/*/src/*.config.ts',
  'libs/kube/src/kubernetes.config.ts',
  'libs/testing-*/src/*.config.ts',
  '**/test/*.config.ts',
  'tools/**/*.ts',
];

/** Refuses words in a folder, in comments too, because they belong to another one. Options: `[{ pattern, message }]`. */
const words = {
  meta: { type: 'problem', schema: [{ type: 'array' }] },
  create: ({ options: [refused], sourceCode, report }) => ({
    Program() {
      for (const { pattern, message } of refused) {
        for (const { index, 0: text } of sourceCode.text.matchAll(new RegExp(pattern, 'g'))) {
          report({ loc: { start: sourceCode.getLocFromIndex(index), end: sourceCode.getLocFromIndex(index + text.length) }, message });
        }
      }
    },
  }),
};

const noProtocol = {
  pattern: '/v2\\b|\\bblobs?\\b',
  message: 'The pipeline knows no protocol: what a path means belongs to apps/proxy/src/protocols/, behind ProtocolHandler (protocol.ts).',
};

const noServerResponse = {
  pattern: 'instanceof (?:http\\.)?ServerResponse',
  message:
    'Only apps/proxy/src/client/ knows that node:http answers clients: write to ClientSink (client/client-sink.ts), or ask for what you need there.',
};

const noNames = {
  pattern: '\\bnamespaces/|_catalog\\b|\\bparseConnectorHost\\b|\\bconnectorPath\\b',
  message: 'How requests name a Connector belongs to apps/proxy/src/naming/: ask the Naming of the connection, or ConnectorRequest.paths.',
};

const noStep = {
  pattern:
    "from '\\./(?:ask-upstream|authenticate-client|authorize-client|forward-request|identify-request|obtain-authorization|plan-request|recover-request|request-limits|resolve-connector|resolve-credential)'",
  message:
    'A step holds no other step: declare what it needs as an interface in its own file; create-request-handler.ts puts them together and handle-request.ts names their order.',
};

/**
 * The rooms of the proxy (ARCHITECTURE.md): which others the files of a room may import, or which single files of them. All may import
 * `proxy.errors`; only the files that put the rooms together, outside of them, import whatever they need.
 */
const rooms = {
  port: ['client'],
  client: ['naming', 'pipeline', 'protocols', 'transfer', 'observability'],
  naming: [],
  forward: ['client', 'naming', 'pipeline', 'protocols', 'port', 'certificates', 'upstream', 'transfer'],
  // Of the client: what an answer is written with.
  pipeline: [
    'naming',
    'protocols',
    'upstream',
    'transfer',
    'observability',
    'client/client-sink',
    'client/lingering-close',
    'client/peer',
    'client/ways',
    'client/send-body',
  ],
  // Of upstream/: what URLs and headers are, and no transport: a protocol returns an UpstreamPlan, which the pipeline carries out.
  protocols: [
    'naming',
    'sealing',
    'transfer/body',
    'upstream/percent-escapes',
    'upstream/request-headers',
    'upstream/response-headers',
    'upstream/upstream-place',
    'upstream/upstream-target',
  ],
  upstream: ['transfer'],
  transfer: [],
  certificates: [],
  sealing: ['upstream/upstream-place'],
  observability: ['transfer'],
};

/** Refuses imports from one room by another that may not. Options: the folder of the rooms, and what each may import. */
const imports = {
  meta: { type: 'problem', schema: [{ type: 'string' }, { type: 'object' }] },
  create: ({ options: [root, allowed], filename, report }) => {
    const [room, ...rest] = path.relative(root, filename).split(path.sep);
    if (rest.length === 0) {
      return {};
    }
    const may = allowed[room];
    const check = (source) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) {
        return;
      }
      const target = path
        .relative(root, path.resolve(path.dirname(filename), source.value))
        .split(path.sep)
        .join('/');
      if (may && ![room, 'proxy.errors', ...may].some((place) => target === place || target.startsWith(`${place}/`))) {
        const list = ['proxy.errors', ...may].join(', ');
        report({
          node: source,
          message: `${room}/ may not import ${target}, only ${list}. What both need belongs below both: see "The rooms of the proxy" in ARCHITECTURE.md.`,
        });
      }
    };
    return {
      Program: (node) =>
        !may &&
        report({
          node,
          message: `${room}/ is no room of the proxy yet: say in eslint.config.mjs what it may import, and in ARCHITECTURE.md what it is.`,
        }),
      ImportDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      TSImportType: ({ argument }) => check(argument.literal),
      TSExternalModuleReference: ({ expression }) => check(expression),
      "CallExpression[callee.name='require']": ({ arguments: [source] }) => check(source),
    };
  },
};

const noTestSupport = { group: ['@oci-connector/testing-*'], message: 'Only spec files and tools may use test support (libs/testing-*).' };
const testSupportOnly = { 'no-restricted-imports': ['error', { patterns: [noTestSupport] }] };

/**
 * The only sources that use timers, the date or the machine themselves, and why. All others get them as parameters, so that no test has to
 * wait. `AbortSignal.timeout` and `socket.setTimeout` are allowed everywhere, because they only end a request or a socket whose peer does not
 * answer.
 */
const ownTime = [
  'libs/clock/src/clock.ts',
  // The world of a program is read here.
  'libs/runtime/src/world.ts',
  // The end of the process, and the time in a line of the log: nothing is decided by it.
  'libs/runtime/src/{program,logger}.ts',
  // The last seconds of a socket that nobody waits for any more, without a promise or an object for each (ADR 18).
  'apps/proxy/src/client/lingering-close.ts',
  'apps/proxy/src/upstream/{head-connections,read-body}.ts',
  // They look at all connections or transfers now and then; whether one is idle is decided by the clock that they are handed.
  'apps/proxy/src/client/http-connections.ts',
  'apps/proxy/src/transfer/transfers.ts',
  // The last seconds of calls and of a child process.
  'apps/csi/src/rpc/unix-server.ts',
  'apps/csi/src/mount/command-shell.ts',
  // How long the system may take to connect a real socket.
  'libs/egress/src/pinned-connect.ts',
  // Which families of addresses this machine has.
  'libs/egress/src/names/name-resolver.ts',
];

const specs = ['**/*.spec.ts', '**/*.testbed-spec.ts', '**/test/**/*.ts'];

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '**/tmp', '**/*.mjs', '**/*.js', '.nx', '.sandbox'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { '@nx': nx, rooms: { rules: { words, imports } } },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...boundaries(layers),
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      curly: ['error', 'all'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...environment, privateMembers],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: [...specs, 'libs/testing-*/**', 'tools/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            noTestSupport,
            {
              group: ['node:os', 'os', 'node:timers', 'node:timers/*', 'timers', 'timers/*', 'node:perf_hooks', 'perf_hooks'],
              message: HANDED_IN,
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: HANDED_IN },
        { object: 'performance', property: 'now', message: HANDED_IN },
        { object: 'process', property: 'hrtime', message: HANDED_IN },
        { object: 'process', property: 'uptime', message: HANDED_IN },
        ...['setTimeout', 'setInterval', 'performance'].map((property) => ({ object: 'globalThis', property, message: HANDED_IN })),
      ],
      'no-restricted-globals': ['error', ...['setTimeout', 'setInterval', 'performance'].map((name) => ({ name, message: HANDED_IN }))],
      'no-restricted-syntax': ['error', ...environment, privateMembers, date],
    },
  },
  {
    files: ownTime,
    rules: {
      ...testSupportOnly,
      'no-restricted-properties': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-syntax': ['error', ...environment, privateMembers],
    },
  },
  // Where a program looks at its environment.
  { files: ['libs/kube/src/kubernetes.config.ts'], rules: testSupportOnly },
  { files: ['apps/proxy/**/*.ts'], ignores: ['apps/proxy/src/client/**'], rules: { 'rooms/words': ['error', [noServerResponse]] } },
  {
    files: ['apps/proxy/src/**/*.ts'],
    ignores: ['apps/proxy/src/{client,naming,protocols/oci}/**', '**/*.spec.ts'],
    rules: { 'rooms/words': ['error', [noServerResponse, noNames]] },
  },
  { files: ['apps/proxy/src/client/**/*.ts'], ignores: ['**/*.spec.ts'], rules: { 'rooms/words': ['error', [noNames]] } },
  { files: ['apps/proxy/src/pipeline/**/*.ts'], rules: { 'rooms/words': ['error', [noServerResponse, noProtocol]] } },
  {
    files: ['apps/proxy/src/pipeline/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'rooms/words': ['error', [noServerResponse, noProtocol, noNames]] },
  },
  {
    files: ['apps/proxy/src/pipeline/**/*.ts'],
    ignores: ['**/handle-request.ts', '**/*.spec.ts'],
    rules: { 'rooms/words': ['error', [noServerResponse, noProtocol, noNames, noStep]] },
  },
  {
    files: ['apps/proxy/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'rooms/imports': ['error', path.join(import.meta.dirname, 'apps/proxy/src'), rooms] },
  },
  // The files that put a program together: a part is made of parts that exist; what must hear of a later one subscribes to it.
  {
    files: ['apps/*/src/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-use-before-define': [
        'error',
        { functions: false, classes: false, variables: true, ignoreTypeReferences: true },
      ],
    },
  },
  // Where the programs' version comes from.
  { files: ['libs/runtime/src/version.ts'], rules: boundaries(layers, ['../../../package.json']) },
  { files: specs, rules: { ...boundaries(layersWithTesting), 'max-params': 'off' } },
  { files: readsEnvironment, rules: { 'no-restricted-syntax': ['error', privateMembers] } },
  { files: ['tools/**/*.ts'], rules: { 'no-console': 'off' } },
);
