import path from 'node:path';
import { freePort } from '../processes/free-port';
import { type ProcessGroup, type StartedProcess } from '../processes/process-group';
import { workspaceRoot } from '../processes/workspace';

export interface ProgramOptions {
  readonly name: 'controller' | 'proxy' | 'csi';
  /** Path of a kubeconfig with the program's own ServiceAccount. */
  readonly kubeconfig: string;
  /** Settings of the program; see docs/reference/configuration.md. */
  readonly settings: Readonly<Record<string, string>>;
  /** Path of the Node.js to use; by default the one that runs this tool. */
  readonly node?: string;
  /** Prefix of the command, such as `taskset -c 0`. */
  readonly prefix?: readonly [string, ...string[]];
}

export interface RunningProgram extends StartedProcess {
  readonly adminUrl: string;
}

/**
 * Starts a program exactly as its image does: the bundle, with only environment variables. Resolves when the program is ready. It does
 * not use `--enable-source-maps`: Node.js parses the whole source map for the first stack trace, which would block a data plane for a
 * second. Bundles keep the names of functions, so that a stack trace is readable without a source map.
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

/** Returns the settings of a proxy: its addresses, and a stop without delay, because no load balancer has to notice it. */
export function proxySettings(serves: { readonly host: string; readonly http: number; readonly https: number }): Record<string, string> {
  return {
    OCI_CONNECTOR_PROXY_HOST: serves.host,
    OCI_CONNECTOR_PROXY_HTTP_PORT: String(serves.http),
    OCI_CONNECTOR_PROXY_HTTPS_PORT: String(serves.https),
    OCI_CONNECTOR_PROXY_DRAIN_DELAY: '0s',
    OCI_CONNECTOR_PROXY_GRACE: '5s',
  };
}
