// The command line of `npm start`. Imports nothing but Node.js itself; see tools/run.mjs.
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

export const COMMAND = 'npm start';

const HELP = `npm start: the whole product on this machine, with nothing but Node.js

Starts an in-memory Kubernetes API, a small registry that wants a password, the controller, the proxy and the CSI driver;
applies a Connector, pushes and pulls an image through the proxy with nothing but a ServiceAccount token, and then with
nothing but the files of a pod's volume; tells how to do it again with kubectl, crane, docker or curl, and stays up until
Ctrl-C. Everything listens on loopback. No pods run and nothing needs root: the sandbox plays the kubelet for the CSI
driver, and volumes are plain directories.

Usage:
  npm start                        the sample
  npm start -- --check             the same, then exit: 0 when all went well
  npm start -- -f FILE [-f FILE …] your own manifests instead of the sample (a real registry, say); the volumes of Pods in
                                   them are published, and commands are printed to go on with

Options:
  -f, --filename FILE   manifests to apply, YAML or JSON, in the order given: a file, a directory (its .yaml, .yml and .json
                        files), an http or https URL, or - for the standard input; may be given several times
      --check           exit when the job is done
      --ca-bundle FILE  PEM file with certificate authorities of registries, besides the system roots
      --port PORT       http port of the proxy (default: 8080, or a free one when that is taken)
      --https-port PORT https port of the proxy (default: 8443, or a free one)
  -h, --help            this text

Kinds that FILE may hold:
  Connector, ConnectorClass, Secret, ConfigMap, Service, ServiceAccount, Namespace, Pod, CustomResourceDefinition,
  CSIDriver, Role, RoleBinding, ClusterRole, ClusterRoleBinding, and a List of them
with --- between objects.

Files, all in .sandbox/; all but the logs are removed on exit:
  kubeconfig            for kubectl: administrator of the in-memory API
  ca.crt                the CA of the proxy's certificates, for clients
  csi.sock              where the CSI driver serves the kubelet
  kubelet/              the volumes, below pods/; the driver writes nowhere else
  sandbox.json          addresses, files and process ids, for scripts
  logs/                 what the programs logged
`;

/**
 * A slip is found before anything is installed or started, so that it costs a moment and not a minute.
 *
 * @param {readonly string[]} args
 * @param {string} [directory] where the user stands; npm itself changes to that of package.json
 * @returns {{ help?: string, sources: string[], check: boolean, caBundle?: string, httpPort?: number, httpsPort?: number }}
 *   sources: where manifests are read from, an absolute path, a URL or "-"
 * @throws Error that says what is wrong with the arguments
 */
export function readCommandLine(args, directory = process.env['INIT_CWD'] ?? process.cwd()) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      filename: { type: 'string', short: 'f', multiple: true, default: [] },
      check: { type: 'boolean', default: false },
      'ca-bundle': { type: 'string' },
      port: { type: 'string' },
      'https-port': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return { help: HELP, sources: [], check: false };
  const httpPort = portOf('--port', values.port);
  const httpsPort = portOf('--https-port', values['https-port']);
  if (httpPort !== undefined && httpPort === httpsPort) throw new Error('--port and --https-port are the same');
  if (values.filename.filter((source) => source === '-').length > 1)
    throw new Error('--filename: - can be given once; there is one standard input');
  return {
    sources: values.filename.map((source) => sourceOf(source, directory)),
    check: values.check,
    caBundle: values['ca-bundle'] === undefined ? undefined : requireReadable('--ca-bundle', values['ca-bundle'], directory),
    httpPort,
    httpsPort,
  };
}

/** @param {string} source @param {string} directory */
function sourceOf(source, directory) {
  if (source === '-') return source;
  if (/^https?:\/\//.test(source)) {
    if (!URL.canParse(source)) throw new Error(`--filename: ${source} is not a URL`);
    return source;
  }
  return requireReadable('--filename', source, directory, true);
}

/** @param {string} option @param {string} file @param {string} directory @param {boolean} [mayBeDirectory] */
function requireReadable(option, file, directory, mayBeDirectory = false) {
  if (file === '') throw new Error(`${option}: the name of the file is empty`);
  const full = path.resolve(directory, file);
  try {
    accessSync(full, constants.R_OK);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    const reasons = { ENOENT: 'there is no such file', EACCES: 'permission denied', ENOTDIR: 'a part of its path is not a directory' };
    throw new Error(`${option}: cannot read ${file}: ${reasons[/** @type {keyof typeof reasons} */ (code)] ?? code}`);
  }
  if (!mayBeDirectory && statSync(full).isDirectory()) throw new Error(`${option}: ${file} is a directory; name a file`);
  return full;
}

/** @param {string} option @param {string | undefined} text */
function portOf(option, text) {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw new Error(`${option}: "${text}" is not a port (1 to 65535)`);
  return port;
}
