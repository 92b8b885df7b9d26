import { spawn } from 'node:child_process';
import { type Clock } from '@oci-connector/clock';
import { isJsonObject, parseJsonObject } from '@oci-connector/http';
import { Sensitive } from '@oci-connector/sensitive';
import { RereadCredential, type ApiCredential } from './api-credential';
import { KubeConfigError } from './kube.errors';
import { type KubeconfigExec } from './kubeconfig';
import { kubernetesEnvironment } from './kubernetes.config';

/** What a plugin returned, as the header value, and until when it is valid. */
interface PluginResult {
  readonly value: Sensitive | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Creates a credential from an exec plugin (client.authentication.k8s.io). Its result is used until it expires; after a 401 the plugin
 * runs again. A result without an expiration is used for a minute.
 *
 * @throws KubeConfigError when the entry cannot be used
 */
export function execCredential(exec: KubeconfigExec, where: string, clock: Clock): ApiCredential {
  const { command, apiVersion } = exec;
  if (!command) {
    throw new KubeConfigError(`${where}: exec.command must name a program`);
  }
  if (!apiVersion) {
    throw new KubeConfigError(`${where}: exec.apiVersion must be set, for instance to client.authentication.k8s.io/v1`);
  }
  let last: PluginResult | undefined;
  return new RereadCredential(async (afterRefusal) => {
    if (afterRefusal || last === undefined || last.expiresAt <= clock.now()) {
      last = readResult(await runPlugin({ ...exec, command, apiVersion }, where), where);
    }
    return last.value;
  }, clock);
}

type Plugin = KubeconfigExec & { readonly command: string; readonly apiVersion: string };

/** Runs a plugin and returns its standard output. As in client-go, its standard error is that of this program. */
async function runPlugin({ command, args = [], env = [], apiVersion }: Plugin, where: string): Promise<string> {
  const info = { kind: 'ExecCredential', apiVersion, spec: { interactive: false } };
  const plugin = spawn(command, args, {
    env: {
      ...kubernetesEnvironment.all,
      ...Object.fromEntries(env.map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  plugin.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    plugin.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new KubeConfigError(`${where}: exec.command ${JSON.stringify(command)} cannot be started (${cause.code})`, { cause }));
    });
    plugin.once('close', (status, signal) => {
      if (status === 0) {
        resolve(Buffer.concat(chunks).toString('utf8'));
      } else {
        const end = signal ?? `status ${status}`;
        reject(new KubeConfigError(`${where}: exec.command ${JSON.stringify(command)} ended with ${end}; its standard error says why`));
      }
    });
  });
}

function readResult(output: string, where: string): PluginResult {
  const status = parseJsonObject(output)?.['status'];
  if (!isJsonObject(status)) {
    throw new KubeConfigError(`${where}: the exec plugin did not print an ExecCredential with a status`);
  }
  const { token, expirationTimestamp, clientCertificateData } = status;
  if (typeof token === 'string' && token !== '') {
    return { value: new Sensitive(`Bearer ${token}`), expiresAt: Date.parse(String(expirationTimestamp)) || 0 };
  }
  // Client certificates are loaded once, so one from a plugin would expire unnoticed.
  if (clientCertificateData !== undefined) {
    throw new KubeConfigError(`${where}: the exec plugin gives a client certificate, which is not supported; use one that gives a token`);
  }
  return { value: undefined, expiresAt: 0 };
}
