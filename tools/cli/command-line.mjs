// The command line of `connectors`. Imports only Node.js itself; see tools/run.mjs. The help of each command, and
// docs/reference/connectors.md, are written from the table COMMANDS.
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

export const COMMAND = 'npm run cli';

/**
 * @typedef {{ type: 'string' | 'boolean', short?: string, multiple?: true, value?: string, description: string }} Option
 * @typedef {{ namespace: string, name: string }} NamespacedName
 */

/** @type {Record<string, Option>} */
const CLUSTER_OPTIONS = {
  kubeconfig: { type: 'string', value: 'FILE', description: 'kubeconfig to use; default: as kubectl finds it' },
  context: { type: 'string', value: 'NAME', description: 'context of the kubeconfig; default: its current context' },
};

/** @type {Record<string, Option>} */
const OUTPUT_OPTION = { output: { type: 'string', short: 'o', value: 'json', description: 'print JSON instead of text' } };

/**
 * The commands. `words` are what follows the command, without options.
 *
 * @type {Record<string, { summary: string, words: string, details: string, options: Record<string, Option>, examples: readonly (readonly [string, string])[] }>}
 */
export const COMMANDS = {
  check: {
    summary: 'checks everything between a workload and the registry of a Connector, and says what to do',
    words: 'NAMESPACE/NAME',
    details: `Checks the Connector, its class, its Secrets, the name, port and certificate of the registry, the registry itself, its
challenge and its token server, the status that the controller wrote, the Service, the proxy and its certificate
authority. With --as it also checks the permission of a ServiceAccount, and sends a request through the proxy.

Before it sends a credential or a token, it prints to which host. It prints no credential and no token. A check that
needs a failed one is skipped. Names are resolved and connections are made where the command runs: run it in the
controller's pod to see what the cluster sees. It does not need to read Secrets; without that permission the checks that
need the credential are skipped.

Exit status: 0 nothing failed, 1 a check failed, 2 the arguments are wrong, the API server cannot be used, or you may not read
the Connector.`,
    options: {
      as: {
        type: 'string',
        value: 'NAMESPACE/NAME',
        description: 'ServiceAccount whose permission is checked, and whose token is sent to the proxy',
      },
      use: { type: 'string', value: 'pull|push|delete', description: 'what the ServiceAccount must be allowed to do; default: pull' },
      image: {
        type: 'string',
        value: 'REPOSITORY[:TAG]',
        description: 'image whose manifest is requested through the proxy with --as; also REPOSITORY@DIGEST',
      },
      'no-credential': { type: 'boolean', description: 'send neither the credential of the Secret nor a token' },
      timeout: { type: 'string', value: 'SECONDS', description: 'time limit of each check; default: 15' },
      ...OUTPUT_OPTION,
      ...CLUSTER_OPTIONS,
    },
    examples: [
      ['connectors check team-a/harbor', 'everything from the Connector to the registry'],
      ['connectors check team-a/harbor --as team-b/builder --use push', 'also whether a ServiceAccount may push'],
      ['connectors check team-a/harbor --as team-b/builder --image library/alpine:3.20', 'also a real request through the proxy'],
      ['connectors check team-a/harbor --output json', 'for scripts'],
      [
        'kubectl exec -n connectors-system deploy/connectors-controller -- node /app/connectors.js check team-a/harbor',
        'from inside of the cluster',
      ],
    ],
  },
  lint: {
    summary: 'checks manifests of Connectors and ConnectorClasses without a cluster',
    words: '',
    details: `Checks the fields as the API server does, compiles the CEL expressions of probes, parses the templates of configurations,
and checks what refers to what: a Connector is compared with its class and its Secret when they are among the files.
Prints FILE:LINE: and the problem. Other kinds are ignored.

Exit status: 0 no problem, 1 problems, 2 a file cannot be read or the arguments are wrong.`,
    options: {
      filename: {
        type: 'string',
        short: 'f',
        multiple: true,
        value: 'FILE',
        description: 'file, directory, http or https URL, or - for the standard input; may be given several times',
      },
      ...OUTPUT_OPTION,
    },
    examples: [
      ['connectors lint -f deploy/chart/files/class-oci.yaml', 'one file'],
      ['connectors lint -f deploy/chart/files/class-oci.yaml -f deploy/examples', 'a class, and a directory with Connectors of that class'],
      ['kubectl get connectorclass oci --output yaml | connectors lint -f -', 'an object of a cluster'],
    ],
  },
  config: {
    summary: 'prints or writes the configuration of a client outside of the cluster',
    words: 'NAMESPACE/NAME',
    details: `Renders the files that a volume in a pod would have, with the address in the status of the Connector. With --as they contain
a token of that ServiceAccount: keep them secret. Without --as it prints the address and the commands that log in.
Without --directory it prints the file config.json.

Exit status: 0 done, 1 not possible, 2 the arguments are wrong, or the API server cannot be used or refuses.`,
    options: {
      as: { type: 'string', value: 'NAMESPACE/NAME', description: 'ServiceAccount that the client uses; a token is requested for it' },
      duration: { type: 'string', value: 'TIME', description: 'lifetime of the token, such as 30m or 12h; default: 1h' },
      directory: { type: 'string', value: 'DIR', description: 'write the files there, readable for you only' },
      configuration: {
        type: 'string',
        multiple: true,
        value: 'NAME',
        description: 'configuration of the class to render; may be given several times; default: registry-config',
      },
      ...CLUSTER_OPTIONS,
    },
    examples: [
      ['connectors config team-a/harbor', 'how to log in'],
      ['connectors config team-a/harbor --as team-b/builder --directory ~/.oci-connector', 'files for DOCKER_CONFIG, with a token'],
      ['connectors config team-a/harbor --as team-b/builder --duration 30m', 'the config.json'],
    ],
  },
  crds: {
    summary: 'prints or applies the CRDs of this version',
    words: '',
    details: `Helm installs CRDs, but never changes them. So the chart runs this command with --apply before an upgrade. It keeps CRDs of a
newer version, because objects may already use their fields.

Exit status: 0 done, 2 the arguments are wrong, or the API server cannot be used or refuses.`,
    options: {
      apply: { type: 'boolean', description: 'create or update the CRDs of the cluster, instead of printing them' },
      ...CLUSTER_OPTIONS,
    },
    examples: [
      ['connectors crds', 'what this version needs'],
      ['connectors crds --apply', 'as an administrator of the cluster'],
    ],
  },
  'clean-up': {
    summary: 'deletes what the programs have created; "helm uninstall" runs it',
    words: '',
    details: `Deletes the Secrets with the authority of the proxy and its sealing key, the ConfigMap with the certificate of the authority,
and the Lease of the controller. A controller that still runs would create them again, with another authority, which no
running pod trusts. So the command waits until it has ended, and deletes nothing when it still leads after 30 seconds.

Exit status: 0 done, 1 a controller still leads, 2 the arguments are wrong, or the API server cannot be used or refuses.`,
    options: { force: { type: 'boolean', description: 'delete even while a controller leads' }, ...CLUSTER_OPTIONS },
    examples: [['connectors clean-up', 'after the programs were removed']],
  },
  'self-test': {
    summary: 'pushes and pulls an image in a pod; "helm test" runs it',
    words: 'NAMESPACE/NAME',
    details: `Serves a registry that requires the password in SELF_TEST_PASSWORD. The address of the Connector must lead to it, and the
Secret of the Connector must contain the user name self-test and this password. Then it pushes an image through the
proxy with only the files of a volume of the driver, and pulls it.

Exit status: 0 pushed and pulled, 1 failed, 2 the arguments are wrong.`,
    options: {
      directory: { type: 'string', value: 'DIR', description: 'directory of the volume; default: /etc/connectors' },
      port: { type: 'string', value: 'PORT', description: 'port of the registry; default: 5000' },
    },
    examples: [['connectors self-test connectors-system/connectors-self-test', 'in the pod of the chart']],
  },
  version: {
    summary: 'prints the version',
    words: '',
    details: '',
    options: {},
    examples: [['connectors version', '']],
  },
};

const GENERAL_HELP = `connectors: checks and uses the Connectors of OCI Connector

Usage:
${Object.entries(COMMANDS)
  .map(([name, { words, summary }]) => `  ${`connectors ${name} ${words}`.trim().padEnd(35)} ${summary}`)
  .join('\n')}

connectors COMMAND --help shows the options of a command.

Environment variables, with the same meaning and default as for the controller:
  OCI_CONNECTOR_NAMESPACE             namespace of the installation; default: connectors-system
  OCI_CONNECTOR_PROXY_SERVICE         name of the Service of the proxy; default: connectors-proxy-service
  OCI_CONNECTOR_CLUSTER_DOMAIN        DNS domain of the cluster; default: cluster.local
  OCI_CONNECTOR_CA_BUNDLE             PEM file with certificate authorities of registries
  OCI_CONNECTOR_EGRESS_ALLOW_CIDRS    address ranges that are allowed although they are refused by default
`;

/** @param {string} command @returns {string} */
export function helpOf(command) {
  const { summary, words, details, options, examples } = COMMANDS[command] ?? fail(`there is no command ${command}`);
  const rows = [
    ...Object.entries(options).map(([name, option]) => [flagsOf(name, option), option.description]),
    ['-h, --help', 'this text'],
  ];
  const width = Math.max(...rows.map(([flags = '']) => flags.length)) + 2;
  return [
    `connectors ${command}: ${summary}`,
    '',
    ...(details === '' ? [] : [details, '']),
    'Usage:',
    `  ${['connectors', command, words, ...(Object.keys(options).length > 0 ? ['[OPTION …]'] : [])].filter((word) => word !== '').join(' ')}`,
    '',
    'Options:',
    ...rows.map(([flags = '', description]) => `  ${flags.padEnd(width)}${description}`),
    '',
    'Examples:',
    ...examples.flatMap(([example, meaning]) => [...(meaning === '' ? [] : [`  # ${meaning}`]), `  ${example}`]),
    '',
  ].join('\n');
}

/** The help of all commands. @returns {string} */
export function generalHelp() {
  return GENERAL_HELP;
}

/** @param {string} name @param {Option} option */
function flagsOf(name, { short, value }) {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

/**
 * Reads and checks the arguments, before anything is built or sent.
 *
 * @param {readonly string[]} args
 * @param {string} [directory] the user's working directory; npm itself changes to the directory of package.json
 * @returns {{ help?: string, command: string, target?: NamespacedName, as?: NamespacedName, use: 'pull' | 'push' | 'delete', image?: string,
 *   sendsCredential: boolean, timeoutMs: number, json: boolean, kubeconfig?: string, context?: string, sources: string[], durationSeconds: number,
 *   directory?: string, configurations: string[], apply: boolean, force: boolean, port: number }}
 * @throws Error when the arguments are invalid; its message describes the problem
 */
export function readCommandLine(args, directory = process.env['INIT_CWD'] ?? process.cwd()) {
  const [command = '--help', ...rest] = args;
  if (['--help', '-h', 'help'].includes(command)) return { ...NOTHING, help: GENERAL_HELP, command: 'help' };
  if (!Object.hasOwn(COMMANDS, command)) fail(`unknown command: ${command}; choose one of ${Object.keys(COMMANDS).join(', ')}`);
  const { options = {}, words = '' } = COMMANDS[command] ?? {};
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: words !== '',
    options: {
      ...Object.fromEntries(
        Object.entries(options).map(([name, { type, short, multiple }]) => [
          name,
          { type, ...(short && { short }), ...(multiple && { multiple }) },
        ]),
      ),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values['help']) return { ...NOTHING, help: helpOf(command), command };
  return { ...NOTHING, command, ...targetOf(command, words, positionals), ...readValues(command, values, directory) };
}

const NOTHING = {
  use: /** @type {const} */ ('pull'),
  sendsCredential: true,
  timeoutMs: 15_000,
  json: false,
  sources: [],
  durationSeconds: 3_600,
  configurations: ['registry-config'],
  apply: false,
  force: false,
  port: 5_000,
};

/** @param {string} command @param {string} words @param {readonly string[]} positionals */
function targetOf(command, words, positionals) {
  if (words === '') return {};
  const [target, ...others] = positionals;
  if (target === undefined || others.length > 0) fail(`name one Connector: connectors ${command} ${words}`);
  return { target: namespacedName('the Connector', target ?? '') };
}

/** @param {string} command @param {Record<string, unknown>} values @param {string} directory */
function readValues(command, values, directory) {
  const text = (/** @type {string} */ name) => /** @type {string | undefined} */ (values[name]);
  const list = (/** @type {string} */ name) => /** @type {string[] | undefined} */ (values[name]);
  const as = text('as');
  if (text('image') !== undefined && as === undefined) fail('--image: needs --as, the ServiceAccount whose token is sent to the proxy');
  if (text('use') !== undefined && as === undefined) fail('--use: needs --as, the ServiceAccount whose permission is checked');
  for (const name of ['duration', 'directory', 'configuration']) {
    if (command === 'config' && values[name] !== undefined && as === undefined)
      fail(`--${name}: needs --as, the ServiceAccount of the token`);
  }
  for (const name of ['kubeconfig', 'context']) {
    if (command === 'crds' && values[name] !== undefined && values['apply'] !== true)
      fail(`--${name}: needs --apply; no cluster is used without it`);
  }
  if (command === 'lint' && list('filename') === undefined) fail('no file is given; name one with -f FILE');
  const file = text('kubeconfig');
  const target = text('directory');
  return {
    json: isJson(text('output')),
    sendsCredential: values['no-credential'] !== true,
    ...(as !== undefined && { as: namespacedName('--as', as) }),
    ...(text('use') !== undefined && { use: useOf(text('use') ?? '') }),
    ...(text('image') !== undefined && { image: imageOf(text('image') ?? '') }),
    ...(text('timeout') !== undefined && { timeoutMs: secondsOf(text('timeout') ?? '') * 1_000 }),
    ...(file !== undefined && { kubeconfig: readable('--kubeconfig', file, directory) }),
    ...(text('context') !== undefined && { context: text('context') }),
    ...(list('filename') !== undefined && { sources: (list('filename') ?? []).map((source) => sourceOf(source, directory)) }),
    ...(text('duration') !== undefined && { durationSeconds: durationOf(text('duration') ?? '') }),
    ...(target !== undefined && { directory: path.resolve(directory, target === '' ? fail('--directory: the name is empty') : target) }),
    ...(values['apply'] === true && { apply: true }),
    ...(values['force'] === true && { force: true }),
    ...(text('port') !== undefined && { port: portOf(text('port') ?? '') }),
    ...(list('configuration') !== undefined && { configurations: list('configuration') }),
  };
}

/** @param {string} what @param {string} text @returns {NamespacedName} */
function namespacedName(what, text) {
  const [, namespace = '', name = ''] =
    /^([a-z0-9][-a-z0-9]*)\/([a-z0-9][-a-z0-9.]*)$/.exec(text) ?? fail(`${what}: "${text}" is not NAMESPACE/NAME`);
  return { namespace, name };
}

/** @param {string | undefined} text */
function isJson(text) {
  if (text !== undefined && text !== 'json') fail(`--output: "${text}" is not json`);
  return text === 'json';
}

/** @param {string} text @returns {'pull' | 'push' | 'delete'} */
function useOf(text) {
  return text === 'pull' || text === 'push' || text === 'delete' ? text : fail(`--use: "${text}" is not one of pull, push, delete`);
}

/** The grammar of the distribution specification, without a host. @param {string} text */
function imageOf(text) {
  const isImage = /^[a-z0-9]+([._/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127}|@[a-z0-9]+:[0-9a-f]{32,128})?$/.test(text);
  return isImage ? text : fail(`--image: "${text}" is not REPOSITORY[:TAG] or REPOSITORY@DIGEST; leave out the host`);
}

/** @param {string} text */
function secondsOf(text) {
  const seconds = Number(text);
  return /^\d+$/.test(text) && seconds >= 1 && seconds <= 600
    ? seconds
    : fail(`--timeout: "${text}" is not a number of seconds (1 to 600)`);
}

/** @param {string} text */
function portOf(text) {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= 65_535 ? port : fail(`--port: "${text}" is not a port (1 to 65535)`);
}

/** The shortest lifetime that Kubernetes allows is 10 minutes. @param {string} text */
function durationOf(text) {
  const [, hours = '0', minutes = '0'] = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?$/.exec(text) ?? [];
  const seconds = Number(hours) * 3_600 + Number(minutes) * 60;
  return seconds >= 600 ? seconds : fail(`--duration: "${text}" is not a time of at least 10m, such as 30m or 12h`);
}

/** @param {string} source @param {string} directory */
function sourceOf(source, directory) {
  if (source === '-') return source;
  if (/^https?:\/\//.test(source)) return URL.canParse(source) ? source : fail(`--filename: ${source} is not a URL`);
  return readable('--filename', source, directory);
}

/** @param {string} option @param {string} file @param {string} directory */
function readable(option, file, directory) {
  if (file === '') fail(`${option}: the name of the file is empty`);
  const full = path.resolve(directory, file);
  try {
    accessSync(full, constants.R_OK);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    fail(`${option}: cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : code}`);
  }
  return full;
}

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message);
}
