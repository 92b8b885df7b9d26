import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ApiSnapshot, apiSnapshot } from '@oci-connector/connector-api';
import { snapshotFile } from './crd-snapshot';

describe('snapshotFile', () => {
  let workspace: string;

  beforeEach(async () => {
    workspace = await mkdtemp(path.join(tmpdir(), 'snapshot-'));
  });

  afterEach(() => rm(workspace, { recursive: true }));

  async function commit(snapshot: ApiSnapshot): Promise<void> {
    await mkdir(path.join(workspace, 'libs/connector-api/test'), { recursive: true });
    await writeFile(path.join(workspace, 'libs/connector-api/test/crd-snapshot.json'), JSON.stringify(snapshot));
  }

  it('records an addition', async () => {
    const before = apiSnapshot();
    delete before['Connector.spec.params'];
    await commit(before);
    const [file] = await snapshotFile([], workspace);
    expect(JSON.parse(file?.text ?? '')).toEqual(apiSnapshot());
  });

  it('refuses to remove a field, unless the option accepts it', async () => {
    await commit({ ...apiSnapshot(), 'Connector.spec.colour': { type: 'string' } });
    await expect(snapshotFile([], workspace)).rejects.toThrow('Connector.spec.colour was removed');
    await expect(snapshotFile(['--accept-breaking-change'], workspace)).resolves.toHaveLength(1);
  });

  it('fails when the snapshot is missing', async () => {
    await expect(snapshotFile([], workspace)).rejects.toThrow('crd-snapshot.json is missing');
  });
});
