import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, loginOption, type ClientSession, type RegistryClient } from './registry-client';

function run(session: ClientSession, ...args: string[]): Promise<string> {
  const certificates = session.settings ? ['--ca-file', session.settings.caFile] : [];
  const tls = session.scheme === 'http' ? ['--plain-http'] : certificates;
  const registryConfig = loginOption('--registry-config', session);
  // helm prints digests on standard error.
  return runCommand(['sh', '-c', 'exec "$@" 2>&1', 'helm', toolPath('helm'), ...args, ...registryConfig, ...tls], {
    env: clientEnvironment(session),
    cwd: session.directory,
  });
}

/** The client of charts as OCI artifacts. The name of the chart is the last part of the repository, and its version is the tag. */
export const helmClient: RegistryClient = {
  name: 'helm',
  operations: {
    push: async (session) => ({ digest: digestIn(await run(session, 'push', session.content.chart, `oci://${session.repository}`)) }),
    'pull by tag': async (session) => ({
      digest: digestIn(await run(session, 'pull', `oci://${session.repository}/sample`, '--version', '1.0.0')),
    }),
    'pull by digest': async (session) => {
      const digest = digestIn(await run(session, 'pull', `oci://${session.repository}/sample`, '--version', '1.0.0'));
      return { digest: digestIn(await run(session, 'pull', `oci://${session.repository}/sample@${digest}`)) };
    },
  },
};
