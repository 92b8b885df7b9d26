import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { GO_TOOLS } from '../toolchain';
import { KANIKO_LIBRARY } from './example-images';
import { EXAMPLES } from './examples';

const ROOT = path.join(__dirname, '../../..');

it('docs/clients.md names the pods that do not run in the testbed', () => {
  const pods = readdirSync(path.join(ROOT, 'deploy/examples/pods')).map((name) => path.basename(name, '.yaml'));
  const notRun = pods.filter((name) => !(name in EXAMPLES));
  const [, named = ''] = /Not run in CI: the pods? of ([a-z, ]+)\./.exec(readFileSync(path.join(ROOT, 'docs/clients.md'), 'utf8')) ?? [];
  expect(named.split(/, | and /)).toEqual(notRun);
});

it('docs/clients/kaniko.md says that CI runs only its library, and which version', () => {
  const { version = '' } = GO_TOOLS.find(({ name }) => name === KANIKO_LIBRARY) ?? {};
  const page = readFileSync(path.join(ROOT, 'docs/clients/kaniko.md'), 'utf8');
  expect(page).toContain(`CI does not run kaniko, but the registry library that it contains: go-containerregistry ${version.slice(1)}`);
});
