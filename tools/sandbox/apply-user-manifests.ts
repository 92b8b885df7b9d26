import { applyFile } from '../installation/apply-manifests';
import { formatTable, step } from '../processes/progress';
import { type Sandbox } from './sandbox';
import { waitForConnectors } from '../installation/wait-for-connectors';

/** Applies the user's files and says what became of each Connector in them. True when all are Ready. */
export async function applyUserManifests({ client }: Sandbox, files: readonly string[]): Promise<boolean> {
  const applied = [];
  for (const file of files) {
    const objects = await applyFile(client, file);
    if (objects.length === 0) throw new Error(`${file} holds no object`);
    applied.push(...objects);
  }
  for (const { kind, metadata } of applied) {
    process.stdout.write(`  ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join('/')} applied\n`);
  }
  const keys = applied
    .filter(({ kind }) => kind === 'Connector')
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? 'default', name: metadata.name }));
  const verdicts = await step('waiting for the Connectors', () => waitForConnectors(client, keys));
  const rows = verdicts.map(({ namespace, name, ready, reason, proxyUrl }) => [namespace, name, ready, reason, proxyUrl]);
  process.stdout.write(`\n${formatTable(['NAMESPACE', 'NAME', 'READY', 'REASON', 'PROXY'], rows)}\n`);
  for (const { namespace, name, ready, message } of verdicts) {
    if (ready !== 'True') process.stdout.write(`\n${namespace}/${name}: ${message}\n`);
  }
  return verdicts.every(({ ready }) => ready === 'True');
}
