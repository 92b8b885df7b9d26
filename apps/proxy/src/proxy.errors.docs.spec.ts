import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { PROXY_ERRORS } from './proxy.errors';

const FILE = path.join(__dirname, '../../../docs/reference/proxy-errors.md');

describe('docs/reference/proxy-errors.md', () => {
  const rows = readTable(readFileSync(FILE, 'utf8'), '# Responses of the proxy');

  it('lists exactly the codes of PROXY_ERRORS, in the same order, with status and OCI code', () => {
    const documented = rows.map((row) => ({ code: row['Code'], status: row['Status'], ociCode: row['OCI code'] }));
    const existing = Object.entries(PROXY_ERRORS).map(([code, { status, ociCode }]) => ({ code, status: String(status), ociCode }));
    expect(documented).toEqual(existing);
  });

  it('says for each code when it occurs and what to do', () => {
    expect(rows.filter((row) => !row['When'] || !row['What to do'])).toEqual([]);
  });
});
