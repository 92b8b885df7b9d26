// The command line of `npm start`. Imports only Node.js itself; see tools/run.mjs.
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

export const COMMAND = 'npm start';

const HELP = `npm start: runs the whole product on this machine. It requires only Node.js.

Starts an in-memory Kubernetes API, a small registry that requires a password, the controller, the proxy and the CSI
driver. Applies a Connector. Pushes and pulls an image through the proxy, first with only a ServiceAccount token, then
with only the files of a pod's volume. Also uses the registry under its own address, through the forward proxy. Prints
the commands to do the same with kubectl, crane, docker or curl, and runs until Ctrl-C. All programs listen on loopback.
No pods run, and no program needs root: the sandbox replaces the kubelet for the CSI driver, and volumes are plain
directories.

Usage:
  npm start                        runs the sample
  npm start -- --check             runs the sample and exits; the status is 0 if all steps succeeded
  npm start -- -f FILE [-f FILE …] applies your own manifests instead of the sample, for example for a real registry;
                                   publishes the volumes of Pods in them, and prints commands that use them

Options:
  -f, --filename FILE   manifests to apply, YAML or JSON, in the order given: a file, a directory (its .yaml, .yml and .json
                        files), an http or https URL, or - for the standard input; may be given several times
      --check           exit when all steps are done
      --ca-bundle FILE  PEM file with certificate authorities of registries, in addition to the system roots
      --port PORT       http port of the proxy (default: 8080, or a free port if 8080 is in use)
      --https-port PORT https port of the proxy (default: 8443, or a free port if 8443 is in use)
  -h, --help            this text

Kinds that FILE may contain:
  Connector, ConnectorClass, Secret, ConfigMap, Service, ServiceAccount, Namespace, Pod, CustomResourceDefinition,
  CSIDriver, Role, RoleBinding, ClusterRole, ClusterRoleBinding, and a List of them
A line with --- separates objects in one file.

Files in .sandbox/; on exit only the logs remain:
  kubeconfig            for kubectl, as administrator of the in-memory API
  ca.crt                the CA of the proxy's certificates, for clients
  csi.sock              the socket on which the CSI driver serves the kubelet
  kubelet/              the volumes, in pods/; the driver writes only here
  sandbox.json          for scripts: the files above, the addresses of proxy, registry and CSI driver, and for each program
                        its admin URL (/metrics, /healthz, /readyz) and its process id
  logs/                 the logs of the programs
`;

/**
 * Reads and checks the arguments, before anything is installed or started, so that a mistake is reported immediately.
 *
 * @param {readonly string[]} args
 * @param {string} [directory] the user's working directory; npm itself changes to the directory of package.json
 * @returns {{ help?: string, sources: string[], check: boolean, caBundle?: string, httpPort?: number, httpsPort?: number }}
 *   sources: the sources of the manifests, each an absolute path, a URL or "-"
 * @throws Error when the arguments are invalid; its message describes the problem
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
  if (httpPort !== undefined && httpPort === httpsPort) throw new Error('--port and --https-port are the same; choose two different ports');
  if (values.filename.filter((source) => source === '-').length > 1)
    throw new Error('--filename: - can be given only once, because there is only one standard input');
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
