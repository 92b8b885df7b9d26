// The command line of `npm run testbed`. Imports only Node.js itself; see tools/run.mjs.

export const COMMAND = 'npm run testbed';

/** The suites and what they test, in the order in which "all" runs them. */
export const SUITES = {
  cluster: 'a complete Kubernetes: pods that mount volumes push and pull with crane, oras, skopeo, buildah and BuildKit, both ways',
  chart:
    'the Helm chart with many values on the newest and the oldest supported API server: helm lint, server-side dry runs, refused values',
  direct: 'the clients against the registries, without the proxy: the baseline of the matrix',
  matrix: 'every client with every registry through the proxy, over http and https; a real API server',
  forward: "every client through https_proxy, with the registries' own names and only the files of a volume",
  conformance: 'the OCI conformance suite through the proxy, both ways, compared test by test with the registry itself',
  contract: 'test support: the embedded Kubernetes API and a real one pass one contract, and the fixture registry passes the OCI suite',
  images: 'the images of the product: built twice to the same digests, for two platforms, without a shell, started with no rights',
  installation:
    'README.md and docs/install.md in a whole Kubernetes: install, first pull and push, upgrade, rollback, fail-over, Pod Security, uninstall (run it alone)',
  'day-two':
    'faults, evictions, rotation of the sealing key, upgrade and downgrade in a whole Kubernetes: what docs/operations.md promises',
  release:
    'npm run release in a clone: refused, tried, made, pushed, signed, pulled by helm and verified; a second run makes the same files',
  manifests: 'kubectl on a real API server: README, valid and invalid manifests, examples, explain, get, describe, and what RBAC allows',
  monitoring: 'a real Prometheus scrapes the programs: alerts fire and end, and every query of the dashboard returns data',
  requirement: "the original requirement's YAML in the sandbox: kubectl applies it, crane pulls nginx from “Docker Hub”",
  replicas: 'two proxies on a real API server: uploads whose requests reach different replicas, outages, a changed password',
  specs: 'specs that require root or tools, or run long: full volumes, env.sh in other shells, token lifetimes, user manifests, alerts',
  templates:
    "the template engine against Go's text/template with sprig: a corpus, rendered to the same bytes or refused with the expected reason",
  rotation:
    'in the cluster, a pod runs longer than its token of 600 s is valid, and another pushes while the CA is rotated and replaced (run it late: it waits for the pods that the suite cluster started)',
  logs: 'searches all logs of the programs of this run for secrets (run it last)',
};

const HELP = `npm run testbed: tests with real registries, real clients and a real API server on this machine

Usage:
  npm run testbed -- install           install or build missing tools (Debian packages, Go tools; requires root and Go 1.26)
  npm run testbed -- run SUITE …       run suites; "all" runs all
  npm run testbed -- cluster up|down   start or end a complete Kubernetes with the product; see cluster --help
  npm run testbed -- which TOOL        print the path of an installed tool
  npm run testbed -- search-logs DIR … search all logs in the directories for secrets of fixtures and for tokens
  npm run testbed -- --help            this text

Suites:
${Object.entries(SUITES)
  .map(([name, summary]) => `  ${name.padEnd(14)} ${summary}`)
  .join('\n')}

Suites run in their own namespaces, whose network has no connection to the outside. All their processes end with the suites.
The logs are in .testbed/logs/NAME, with the name of the first suite, and the results in .testbed/. Different suites can run at the
same time. The last line is "N passed, N failed".
`;

const CLUSTER_HELP = `npm run testbed -- cluster: a complete Kubernetes with the product on this machine

Usage:
  npm run testbed -- cluster up      start it in the background, and print how to use it
  npm run testbed -- cluster down    end it, and remove everything that it created
  npm run testbed -- cluster serve   start it in the foreground
  npm run testbed -- cluster check   start it, use it, end it, and check that nothing is left; used by CI
  npm run testbed -- cluster --help  this text

It requires root and the tools of npm run testbed -- install. It has one node and runs in its own namespaces: no packet can
leave it, and its processes, mounts and interfaces end with it. Each workspace can have one.
`;

/** @typedef {keyof typeof SUITES} SuiteName */

/** Checks the words after each command. @type {Record<string, (words: readonly string[]) => void>} */
const COMMANDS = {
  install: (words) => requireCount('install', words, [0, 0]),
  run: requireSuites,
  cluster: requireClusterCommand,
  which: (words) => requireCount('which TOOL', words, [1, 1]),
  'search-logs': (words) => requireCount('search-logs DIR …', words, [1, Infinity]),
};

const CLUSTER_COMMANDS = ['up', 'down', 'serve', 'check'];

const HELP_OPTIONS = ['--help', '-h'];

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string, command: string, words: readonly string[] }}
 * @throws Error when the arguments are invalid; its message describes the problem
 */
export function readCommandLine(args) {
  const [command = '--help', ...words] = args;
  const asksForHelp =
    args.length === 0 || args.some((word) => HELP_OPTIONS.includes(word)) || (command === 'cluster' && words.length === 0);
  if (asksForHelp) return { help: command === 'cluster' ? CLUSTER_HELP : HELP, command, words };
  if (!Object.hasOwn(COMMANDS, command))
    throw new Error(`unknown command: ${args.join(' ')}; choose one of ${Object.keys(COMMANDS).join(', ')}`);
  COMMANDS[command]?.(words);
  return { command, words };
}

/** @returns {SuiteName[]} @param {readonly string[]} words */
export function suitesNamed(words) {
  return /** @type {SuiteName[]} */ (words.includes('all') ? Object.keys(SUITES) : words);
}

/** @param {readonly string[]} words */
function requireSuites(words) {
  if (words.length === 0) throw new Error(`no suite is named; choose from all, ${Object.keys(SUITES).join(', ')}`);
  const unknown = words.filter((name) => name !== 'all' && !Object.hasOwn(SUITES, name));
  if (unknown.length > 0) throw new Error(`unknown suite: ${unknown.join(', ')}; choose from all, ${Object.keys(SUITES).join(', ')}`);
}

/** @param {readonly string[]} words */
function requireClusterCommand(words) {
  if (words.length !== 1 || !CLUSTER_COMMANDS.includes(words[0] ?? '')) {
    throw new Error(`unknown command: cluster ${words.join(' ')}; choose one of ${CLUSTER_COMMANDS.join(', ')}`);
  }
}

/** @param {string} usage @param {readonly string[]} words @param {readonly [number, number]} bounds */
function requireCount(usage, words, [least, most]) {
  if (words.length < least || words.length > most) throw new Error(`usage: npm run testbed -- ${usage}`);
}
