import { runCommand } from './processes/run-command';

interface Bundle {
  readonly project: string;
  readonly bytes: number;
  readonly contents: Readonly<Record<string, number>>;
}

const SCRIPT = `
const { problemOf } = await import('./tools/bundle-budget.mjs');
console.log(problemOf(...JSON.parse(process.argv[1])) ?? 'fits');
`;

/** The module is an ES module, which Jest does not load. */
const problemOf = async (...args: readonly [Bundle, object?]): Promise<string> =>
  (await runCommand([process.execPath, '--input-type=module', '-e', SCRIPT, JSON.stringify(args)], { cwd: `${__dirname}/..` })).trim();

const bundle: Bundle = {
  project: 'apps/proxy',
  bytes: 1000,
  contents: {
    'apps/proxy/src/main.ts': 100,
    'apps/proxy/src/port/port.ts': 50,
    'libs/kube/src/index.ts': 90,
    'node_modules/undici/lib/core/connect.js': 300,
    'node_modules/undici/lib/core/util.js': 100,
    'node_modules/a/node_modules/@scope/b/index.js': 200,
  },
};

describe('the budget of a bundle', () => {
  it('is kept by a bundle of its size', async () => {
    expect(await problemOf(bundle, { budget: 1000, inputs: {} })).toBe('fits');
  });

  it('names the packages and projects that grew most, and which of them are new', async () => {
    const inputs = { 'apps/proxy': 120, 'libs/kube': 90, undici: 350 };
    expect(await problemOf(bundle, { budget: 900, inputs })).toBe(
      'the bundle of apps/proxy has 1000 bytes, 100 more than its budget in tools/bundle-budgets.json. ' +
        'What grew most: @scope/b (new, 200), undici (+50), apps/proxy (+30). ' +
        'Import less of it (tools/unused-parts.mjs has examples), or accept the size with: node tools/build.mjs apps/proxy --accept-size',
    );
  });

  it('is missing for a new bundle, which is a problem, too', async () => {
    expect(await problemOf({ ...bundle, project: 'apps/new' })).toBe(
      'tools/bundle-budgets.json has no budget for apps/new; add it with: node tools/build.mjs apps/new --accept-size',
    );
  });
});
