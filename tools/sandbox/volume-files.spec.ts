import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { PURPOSES } from './volume-files';

describe('PURPOSES', () => {
  const text = readFileSync(path.join(__dirname, '../../docs/volumes.md'), 'utf8');

  it('describes all files of the tables in docs/volumes.md', () => {
    const tables = ['## Files of every volume', '## Files on request', '## Configurations of class `oci`'];
    const names = tables.flatMap((heading) => readTable(text, heading).map((row) => row['File']));
    expect(Object.keys(PURPOSES).sort()).toEqual([...new Set(names)].sort());
  });
});
