import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type ApiSnapshot, apiSnapshot, compareApi } from '@oci-connector/connector-api';
import { type GeneratedFile } from './generated-file';

const SNAPSHOT = 'libs/connector-api/test/crd-snapshot.json';

/** Says that a change which breaks existing manifests is meant; only before a new version of the API is it ever right. */
const ACCEPT = '--accept-breaking-change';

/**
 * The fields that manifests may rely on, to compare the next change with. Additions are recorded; a change that
 * breaks manifests is refused here, or generating would quietly forget what was promised.
 */
export async function snapshotFile(args: readonly string[], workspace = '.'): Promise<GeneratedFile[]> {
  const current = apiSnapshot();
  if (!args.includes(ACCEPT)) {
    refuseBreaking(await committedSnapshot(path.join(workspace, SNAPSHOT)), current);
  }
  return [{ path: SNAPSHOT, text: JSON.stringify(current, null, 2) + '\n' }];
}

async function committedSnapshot(file: string): Promise<ApiSnapshot> {
  if (!existsSync(file)) {
    throw new Error(`${SNAPSHOT} is missing; restore it from git, or create a new one with ${ACCEPT}`);
  }
  return JSON.parse(await readFile(file, 'utf8')) as ApiSnapshot;
}

function refuseBreaking(before: ApiSnapshot, after: ApiSnapshot): void {
  const { breaking } = compareApi(before, after);
  if (breaking.length === 0) {
    return;
  }
  throw new Error(
    ['This breaks manifests that are valid today:', ...breaking, `If it is meant: npm run generate -- ${ACCEPT}`].join('\n  '),
  );
}
