import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { EXAMPLES } from './examples';

const ROOT = path.join(__dirname, '../../..');

it('docs/clients.md names the pods that do not run in the testbed', () => {
  const pods = readdirSync(path.join(ROOT, 'deploy/examples/pods')).map((name) => path.basename(name, '.yaml'));
  const notRun = pods.filter((name) => !(name in EXAMPLES));
  const [, named = ''] = /Not run in CI: the pods of ([a-z, ]+)\./.exec(readFileSync(path.join(ROOT, 'docs/clients.md'), 'utf8')) ?? [];
  expect(named.split(/, | and /)).toEqual(notRun);
});
