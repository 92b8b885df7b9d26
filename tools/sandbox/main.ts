import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { APPLICABLE_KINDS, type Manifest, parseManifests } from '../installation/apply-manifests';
import { runSandbox, type SandboxOptions } from './run-sandbox';
import { whereTheUserStands } from './sandbox.config';

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
  -f, --filename FILE   manifests to apply, YAML, in the order given; may be given several times
      --check           exit when the job is done
      --ca-bundle FILE  PEM file with certificate authorities of registries, beside the system roots
      --port PORT       http port of the proxy (default: 8080, or a free one when that is taken)
      --https-port PORT https port of the proxy (default: 8443, or a free one)
  -h, --help            this text

Kinds that FILE may hold:
  ${APPLICABLE_KINDS.join(', ')}
with --- between objects.

Files, all in .sandbox/; all but the logs are removed on exit:
  kubeconfig            for kubectl: administrator of the in-memory API
  ca.crt                the CA of the proxy's certificates, for clients
  csi.sock              where the CSI driver serves the kubelet
  kubelet/              the volumes, below pods/; the driver writes nowhere else
  sandbox.json          addresses, files and process ids, for scripts
  logs/                 what the programs logged
`;

function readOptions(args: readonly string[]): SandboxOptions | 'help' {
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
  if (values.help) return 'help';
  return {
    manifests: values.filename.flatMap(readManifests),
    check: values.check,
    caBundle: values['ca-bundle'] === undefined ? undefined : readFile('--ca-bundle', values['ca-bundle']).path,
    httpPort: portOf('--port', values.port),
    httpsPort: portOf('--https-port', values['https-port']),
  };
}

/** Before anything is started, so that a slip costs a moment and not a minute. */
function readManifests(file: string): Manifest[] {
  const manifests = parseManifests(readFile('--filename', file).text, file);
  if (manifests.length === 0) throw new Error(`--filename: ${file} holds no object`);
  return manifests;
}

function readFile(option: string, file: string): { readonly path: string; readonly text: string } {
  const full = path.resolve(whereTheUserStands, file);
  try {
    return { path: full, text: readFileSync(full, 'utf8') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new Error(`${option}: cannot read ${file} (${code === 'EISDIR' ? 'it is a directory; name the files' : code})`, { cause: error });
  }
}

function portOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`${option}: "${text}" is not a port (1 to 65535)`);
  return port;
}

async function main(): Promise<number> {
  let options: SandboxOptions | 'help';
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const hint = code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL' ? 'npm wants -- before the options: npm start -- -f FILE\n' : '';
    console.error(`${(error as Error).message}\n${hint}see npm start -- --help`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  return runSandbox(options);
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
