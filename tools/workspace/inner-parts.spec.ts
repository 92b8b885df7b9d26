import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { IMAGE_NODE } from '../testbed/toolchain';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

const REGISTER = 'docs/adr/0025-inner-parts-are-registered.md';
const rows = readTable(read(REGISTER), '## The register').map((row) => ({
  of: row['Of'] ?? '',
  versions: (row['Looked at with'] ?? '').split(', '),
  file: row['File'] ?? '',
  parts: [...(row['What is relied on'] ?? '').matchAll(/`([^`]+)`/g)].map(([, part = '']) => part),
  reason: row['Why'] ?? '',
  end: row['When it can go'] ?? '',
}));

/** Patterns that indicate the use of inner parts. Neither lint nor the type checker can find them. */
const SIGNS =
  /getOwnPropertySymbols|setFlagsFromString|\.prototype\.\w+\.(?:call|apply)|\.destroySoon|[sS]erver\.emit\(|\[symbols\.|\.message === [A-Z'"]|HTTPParserError/;

const majorOf = (version: string): string => /\d+/.exec(version)?.[0] ?? '';

describe(REGISTER, () => {
  const { dependencies, engines } = JSON.parse(read('package.json')) as {
    dependencies: Record<string, string>;
    engines: { node: string };
  };
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string } | undefined> };

  it('was reviewed with the pinned version of each package; if not, review its rows and then change the version there', () => {
    const moved = rows
      .filter(({ of }) => of !== 'Node.js')
      .filter(({ of, versions }) => versions.join() !== dependencies[of] || versions.join() !== packages[`node_modules/${of}`]?.version);
    expect(moved).toEqual([]);
  });

  it('was reviewed with each major version of Node.js that a program runs on', () => {
    const used = new Set([engines.node, IMAGE_NODE.version, process.versions.node].map(majorOf));
    const ofNode = rows.filter(({ of }) => of === 'Node.js');
    expect(ofNode.length).toBeGreaterThan(0);
    expect(ofNode.filter(({ versions }) => ![...used].every((major) => versions.includes(major)))).toEqual([]);
  });

  it.each(rows.map((row) => [row.of, row.file, row] as const))('%s: %s exists, and uses the parts that the row names', (_of, file, row) => {
    expect(existsSync(path.join(root, file))).toBe(true);
    const text = read(file);
    expect(row.parts.length).toBeGreaterThan(0);
    expect(row.parts.filter((part) => !text.includes(part))).toEqual([]);
    expect([row.reason, row.end].filter((said) => said === '')).toEqual([]);
  });

  it('has a row for each file that uses such a part', () => {
    const files = ['apps', 'libs']
      .flatMap((folder) => (readdirSync(path.join(root, folder), { recursive: true }) as string[]).map((name) => `${folder}/${name}`))
      .filter((file) => /^[^/]+\/(?!testing-)[^/]+\/src\/.*(?<!spec)\.ts$/.test(file));
    const registered = new Set(rows.map(({ file }) => file));
    const named = files.filter((file) => SIGNS.test(read(file)));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((file) => !registered.has(file))).toEqual([]);
  });
});
