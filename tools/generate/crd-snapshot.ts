import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type ApiSnapshot, apiSnapshot, compareApi } from '@oci-connector/connector-api';
import { type GeneratedFile } from './generated-file';

const SNAPSHOT = 'libs/connector-api/test/crd-snapshot.json';

/** Option that accepts a change which breaks existing manifests. It is only correct together with a new version of the API. */
const ACCEPT = '--accept-breaking-change';

/**
 * Returns the snapshot of the fields on which manifests may rely, with which the next change is compared. Additions are recorded. A
 * change that breaks manifests is refused, so that generating does not remove fields unnoticed.
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
    ['This change breaks manifests that are valid today:', ...breaking, `If the change is intended: npm run generate -- ${ACCEPT}`].join(
      '\n  ',
    ),
  );
}
