import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Connector,
  type ConnectorClass,
  formatProblem,
  validateConnector,
  validateConnectorAgainstClass,
  validateConnectorClass,
} from '@oci-connector/connector-api';
import { yamlDocuments } from '@oci-connector/testing-kit';
import { parse } from 'yaml';
import { markdownPages } from './markdown';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface Secret extends Manifest {
  readonly type: string;
  readonly stringData: Readonly<Record<string, string>>;
}

/** A YAML document that is no Kubernetes object says in its first line which file it is. */
const FILE_COMMENT = /^# (?:values\.yaml of the chart [\w-]+|\.gitlab-ci\.yml|\.github\/workflows\/[\w-]+\.yaml)\n/;

const PAGES = markdownPages(root).map((page) => ({ page, documents: yamlDocuments(read(page)) }));

const manifestsOf = (page: string): Manifest[] =>
  PAGES.filter((item) => item.page === page).flatMap(({ documents }) =>
    documents.map(({ content }) => content as Manifest).filter((content) => content?.kind !== undefined),
  );

const CLASS = parse(read('deploy/chart/files/class-oci.yaml')) as ConnectorClass;

/** Pages of registries, each with one Secret and one Connector. */
const REGISTRIES = markdownPages(root, 'docs/registries');

describe('YAML blocks of Markdown pages', () => {
  it('contain objects with a kind and a name, or say which other file they are', () => {
    const unknown = PAGES.flatMap(({ page, documents }) =>
      documents
        .filter(({ text, content }) => {
          const { apiVersion, kind, metadata } = (content ?? {}) as Partial<Manifest>;
          return !FILE_COMMENT.test(text) && (!apiVersion || !kind || !metadata?.name);
        })
        .map(({ text }) => `${page}: ${text.slice(0, 60)}`),
    );
    expect(unknown).toEqual([]);
  });

  it.each(PAGES.filter(({ page }) => manifestsOf(page).some(({ kind }) => kind.startsWith('Connector'))).map(({ page }) => page))(
    '%s: Connectors and classes are valid',
    (page) => {
      for (const object of manifestsOf(page)) {
        if (object.kind === 'ConnectorClass') {
          expect(validateConnectorClass(object as ConnectorClass).map(formatProblem)).toEqual([]);
        }
        if (object.kind === 'Connector') {
          const connector = object as Connector;
          expect(validateConnector(connector).map(formatProblem)).toEqual([]);
          expect(connector.spec.connectorClassName === 'oci' ? validateConnectorAgainstClass(connector, CLASS) : []).toEqual([]);
        }
      }
    },
  );

  it('are closed fences that begin a line, so that no block is missed', () => {
    for (const { page } of PAGES) {
      const text = read(page);
      expect([page, text.match(/```ya?ml/g)?.length ?? 0]).toEqual([page, text.match(/^```yaml\n[\s\S]*?^```$/gm)?.length ?? 0]);
    }
  });
});

describe.each(REGISTRIES)('%s', (page) => {
  const objects = manifestsOf(page);
  const [secret, connector, ...others] = objects as [Secret, Connector, ...Manifest[]];

  it('has a Secret of the type of its Connector, in the same namespace, with nothing that looks like a password', () => {
    expect(others).toEqual([]);
    const { name, secretRef } = connector.spec.auth ?? {};
    const type = CLASS.spec.auth?.types?.find((item) => item.name === name);
    expect([secret.kind, secret.type, secret.metadata]).toEqual([
      'Secret',
      type?.secretType,
      { name: secretRef?.name, namespace: connector.metadata.namespace },
    ]);
    expect(Object.keys(secret.stringData)).toEqual(['username', 'password']);
    expect(secret.stringData['password']).toBe('REPLACE-ME');
  });

  it('says what the address, the account, the token server and the test is', () => {
    const rows = [...read(page).matchAll(/^\| ([A-Z][\w ]+) \| /gm)].map(([, row]) => row);
    expect(rows.filter((row) => row !== 'Rights')).toEqual(['Address', 'Account', 'Token server', 'Checked by']);
  });

  it('is listed in docs/registries.md, in a row that agrees about CI', () => {
    const [row = ''] = read('docs/registries.md').match(new RegExp(`^\\|.*\\(registries/${path.basename(page)}\\).*$`, 'm')) ?? [];
    const [, checked = ''] = /^\| Checked by \| (.*) \|$/m.exec(read(page)) ?? [];
    expect(row).not.toBe('');
    expect(checked.startsWith('CI: ')).toBe(row.includes('| CI runs '));
    expect(checked.startsWith('Vendor documentation')).toBe(row.includes('| Vendor documentation'));
  });
});
