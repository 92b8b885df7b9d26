// The command line of `npm run testbed`. Imports nothing but Node.js itself; see tools/run.mjs.

export const COMMAND = 'npm run testbed';

/** What each suite tests, in the order in which "all" runs them. */
export const SUITES = {
  cluster: 'a complete Kubernetes: pods that mount volumes push and pull with crane, oras, skopeo, buildah and BuildKit',
  direct: 'the clients against the registries, without the proxy: the baseline of the matrix',
  matrix: 'every client × every registry through the proxy, over http and https; a real API server',
  conformance: 'the OCI conformance suite through the proxy, compared test by test with the registry itself',
  contract:
    'test support: the embedded Kubernetes API and a real one pass one contract, kubectl uses it, the fixture registry passes the OCI suite',
  manifests:
    'kubectl on a real API server: the README on a new cluster, good and bad manifests, examples, explain, get, describe, and what RBAC allows',
  requirement: "the original requirement's YAML in the sandbox: kubectl applies it, crane pulls nginx from “Docker Hub”",
  replicas: 'two proxies on a real API server: uploads that change replica, outages, a changed password',
  specs:
    'specs that need root or tools, or take long: full volumes, env.sh in other shells, three lifetimes of tokens, manifests of a user, alerts',
  templates: "the template engine against Go's text/template with sprig: a corpus, rendered to the same bytes or refused by name",
  rotation: 'a pod in the cluster outlives its token of 600 s (run it late: it waits for what the suite cluster has started)',
  logs: 'searches everything that the programs logged during this run for any secret (run it last)',
};

const HELP = `npm run testbed: real registries, real clients and a real API server on this machine

Usage:
  npm run testbed -- install           install or build what is missing (Debian packages, Go tools; needs root and Go 1.26)
  npm run testbed -- run SUITE …       run suites; "all" for every one
  npm run testbed -- cluster up|down   a complete Kubernetes with the product, for people; see cluster --help
  npm run testbed -- which TOOL        the path of an installed tool
  npm run testbed -- search-logs DIR … search all logs below for secrets of fixtures and for tokens
  npm run testbed -- --help            this text

Suites:
${Object.entries(SUITES)
  .map(([name, summary]) => `  ${name.padEnd(14)} ${summary}`)
  .join('\n')}

Suites run inside namespaces of their own, with no way out of the network; all their processes end with them.
Logs are kept in .testbed/logs/ and the name of the first suite, results in .testbed/. Runs of different suites may go on at the
same time. The last line is "N passed, N failed".
`;

const CLUSTER_HELP = `npm run testbed -- cluster: a complete Kubernetes with the product on this machine

Usage:
  npm run testbed -- cluster up      start it, in the background; says how to use it
  npm run testbed -- cluster down    end it and remove everything that it made
  npm run testbed -- cluster serve   start it, in the foreground
  npm run testbed -- cluster check   up, used, down, and nothing is left: what CI asks
  npm run testbed -- cluster --help  this text

It needs root and what npm run testbed -- install installs. It has one node and lives in namespaces of its own: no packet
can leave it, and its processes, mounts and interfaces end with it. There is one for each workspace.
`;

/** @typedef {keyof typeof SUITES} SuiteName */

/** What the words after each command may be. @type {Record<string, (words: readonly string[]) => void>} */
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
 * @throws Error that says what is wrong with the arguments
 */
export function readCommandLine(args) {
  const [command = '--help', ...words] = args;
  const asksForHelp =
    args.length === 0 || args.some((word) => HELP_OPTIONS.includes(word)) || (command === 'cluster' && words.length === 0);
  if (asksForHelp) return { help: command === 'cluster' ? CLUSTER_HELP : HELP, command, words };
  if (!Object.hasOwn(COMMANDS, command)) throw new Error(`unknown: ${args.join(' ')}; there are ${Object.keys(COMMANDS).join(', ')}`);
  COMMANDS[command]?.(words);
  return { command, words };
}

/** @returns {SuiteName[]} @param {readonly string[]} words */
export function suitesNamed(words) {
  return /** @type {SuiteName[]} */ (words.includes('all') ? Object.keys(SUITES) : words);
}

/** @param {readonly string[]} words */
function requireSuites(words) {
  if (words.length === 0) throw new Error(`which suites? there are all, ${Object.keys(SUITES).join(', ')}`);
  const unknown = words.filter((name) => name !== 'all' && !Object.hasOwn(SUITES, name));
  if (unknown.length > 0) throw new Error(`no such suite: ${unknown.join(', ')}; there are all, ${Object.keys(SUITES).join(', ')}`);
}

/** @param {readonly string[]} words */
function requireClusterCommand(words) {
  if (words.length !== 1 || !CLUSTER_COMMANDS.includes(words[0] ?? '')) {
    throw new Error(`unknown: cluster ${words.join(' ')}; there are ${CLUSTER_COMMANDS.join(', ')}`);
  }
}

/** @param {string} usage @param {readonly string[]} words @param {readonly [number, number]} bounds */
function requireCount(usage, words, [least, most]) {
  if (words.length < least || words.length > most) throw new Error(`usage: npm run testbed -- ${usage}`);
}
