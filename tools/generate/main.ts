import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { apiReference } from './api-reference';
import { chartValues } from './chart-values';
import { conditionsReference } from './conditions-reference';
import { configurationReference } from './configuration-reference';
import { connectorsReference } from './connectors-reference';
import { snapshotFile } from './crd-snapshot';
import { crdFiles } from './crds';
import { type GeneratedFile } from './generated-file';

/** One function per artefact. The returned files are committed. */
const artefacts: readonly ((args: readonly string[]) => Promise<GeneratedFile[]>)[] = [
  crdFiles,
  snapshotFile,
  apiReference,
  conditionsReference,
  configurationReference,
  chartValues,
  connectorsReference,
];

async function main(args: readonly string[]): Promise<void> {
  // All files are generated before the first one is written, so that a refusal changes no file.
  const files = (await Promise.all(artefacts.map((artefact) => artefact(args)))).flat();
  for (const { path: file, text } of files) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(file);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
