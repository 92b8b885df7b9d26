import path from 'node:path';
import { freePort } from '../processes/free-port';
import { type ProcessGroup, type StartedProcess } from '../processes/process-group';
import { workspaceRoot } from '../processes/workspace';

export interface ProgramOptions {
  readonly name: 'controller' | 'proxy' | 'csi';
  /** kubeconfig of the program's own ServiceAccount. */
  readonly kubeconfig: string;
  /** Settings of the program; see docs/reference/configuration.md. */
  readonly settings: Readonly<Record<string, string>>;
  /** Node.js to run it with; the one that runs this tool when absent. */
  readonly node?: string;
  /** Put before the command: `taskset -c 0`, say. */
  readonly prefix?: readonly [string, ...string[]];
}

export interface RunningProgram extends StartedProcess {
  readonly adminUrl: string;
}

/**
 * Starts a program exactly as an image would: its bundle, environment variables, nothing else. Resolves when it is ready.
 * Without `--enable-source-maps`: Node.js reads the whole map of a bundle when the first stack is asked for, and a data plane
 * would stand still for a second then. Names are kept in bundles, so that a stack can be read without a map.
 */
export async function startProgram(group: ProcessGroup, options: ProgramOptions): Promise<RunningProgram> {
  const adminPort = await freePort();
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const bundle = path.join(workspaceRoot, 'dist/apps', options.name, 'main.js');
  const command = [...(options.prefix ?? []), options.node ?? process.execPath, bundle];
  const started = await group.start({
    name: options.name,
    command: command as [string, ...string[]],
    env: {
      OCI_CONNECTOR_KUBECONFIG: options.kubeconfig,
      OCI_CONNECTOR_ADMIN_HOST: '127.0.0.1',
      OCI_CONNECTOR_ADMIN_PORT: String(adminPort),
      ...options.settings,
    },
    ready: async () => (await fetch(`${adminUrl}/readyz`)).ok,
  });
  return { ...started, adminUrl };
}

/** Where a proxy serves, and a stop at once: nobody's load balancer has to notice first. */
export function proxySettings(serves: { readonly host: string; readonly http: number; readonly https: number }): Record<string, string> {
  return {
    OCI_CONNECTOR_PROXY_HOST: serves.host,
    OCI_CONNECTOR_PROXY_HTTP_PORT: String(serves.http),
    OCI_CONNECTOR_PROXY_HTTPS_PORT: String(serves.https),
    OCI_CONNECTOR_PROXY_DRAIN_DELAY: '0s',
    OCI_CONNECTOR_PROXY_GRACE: '5s',
  };
}
