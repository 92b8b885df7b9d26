import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { PURPOSES } from './volume-files';

describe('what the files of a volume are for', () => {
  const text = readFileSync(path.join(__dirname, '../../docs/volumes.md'), 'utf8');

  it('is said of all that docs/volumes.md has, and of config.json', () => {
    const names = readTable(text, '## Files of every volume').map((row) => row['File']);
    expect(Object.keys(PURPOSES).sort()).toEqual([...names, 'config.json'].sort());
  });
});
