import { readFileSync } from 'node:fs';
import path from 'node:path';
import { documentedCommands } from './documented-commands';

const INSTALL = readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'install.md'), 'utf8');

describe('documentedCommands', () => {
  it('returns the commands word by word, without comments', () => {
    const text = '# A\n\n## B\n\nWords.\n\n```sh\n# first\nkubectl apply \\\n  -f a   # then\n\nkubectl get b\n```\n\n```\nother\n```\n';
    expect(documentedCommands(text, '## B')).toEqual([
      ['kubectl', 'apply', '-f', 'a'],
      ['kubectl', 'get', 'b'],
    ]);
  });

  it.each(['# A\n\n## B\n\nNone.\n', '# A\n', '# A\n\n## B\n\nNone.\n\n## C\n\n```\na\n```\n'])(
    'throws if there are no commands',
    (text) => {
      expect(() => documentedCommands(text, '## B')).toThrow('## B');
    },
  );

  it('finds in docs/install.md the commands in an order that works on a new cluster: the CRDs, a wait for them, then their objects', () => {
    const commands = documentedCommands(INSTALL, '## Without Helm').map((words) => words.join(' '));
    const crds = commands.findIndex((command) => command.includes('-f deploy/chart/crds'));
    const wait = commands.findIndex((command) => command.startsWith('kubectl wait --for=condition=Established crd/'));
    const objects = commands.findIndex((command) => command.includes('-f deploy/install.yaml'));
    expect([crds, wait, objects]).toEqual([0, 1, 2]);
  });
});
