import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { readCaBundle } from './ca-bundle';

describe('readCaBundle', () => {
  let directory: string;
  beforeAll(async () => (directory = await mkdtemp(path.join(tmpdir(), 'ca-bundle-'))));
  afterAll(() => rm(directory, { recursive: true }));

  async function file(name: string, text: string): Promise<string> {
    const bundle = path.join(directory, name);
    await writeFile(bundle, text);
    return bundle;
  }

  it('returns nothing for an empty path', async () => {
    expect(await readCaBundle('')).toEqual([]);
  });

  it('returns the whole file', async () => {
    const text = rootCertificates.slice(0, 2).join('\n');
    expect(await readCaBundle(await file('bundle.pem', text))).toEqual([text]);
  });

  it('fails when the file contains no certificate or does not exist', async () => {
    const bundle = await file('key.pem', 'no certificate');
    await expect(readCaBundle(bundle)).rejects.toThrow(`OCI_CONNECTOR_CA_BUNDLE: ${bundle} does not begin with a certificate in PEM`);
    await expect(readCaBundle(path.join(directory, 'absent.pem'))).rejects.toThrow(/ENOENT/);
  });
});
