import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { PURPOSES } from './volume-files';

describe('PURPOSES', () => {
  const text = readFileSync(path.join(__dirname, '../../docs/volumes.md'), 'utf8');

  it('describes config.json and all files of the table in docs/volumes.md', () => {
    const names = readTable(text, '## Files of every volume').map((row) => row['File']);
    expect(Object.keys(PURPOSES).sort()).toEqual([...names, 'config.json'].sort());
  });
});
