// Builds one program: `node tools/build.mjs apps/proxy` writes dist/apps/proxy/main.js, and `node tools/build.mjs tools/cli` writes the
// command dist/connectors/connectors.js; next to it the npm packages that it contains, and their licences. Fails if the bundle exceeds its
// budget, unless `--accept-size` sets a new one.
import { stat, writeFile } from 'node:fs/promises';
import { acceptSize, budgetProblem } from './bundle-budget.mjs';
import { bundle } from './bundle.mjs';
import { licencesOf, packagesOf } from './packages.mjs';

const [project, option] = process.argv.slice(2);
if (!project || (option !== undefined && option !== '--accept-size')) {
  console.error('usage: node tools/build.mjs apps/NAME|tools/cli [--accept-size]');
  process.exit(2);
}
const [directory, program] =
  project === 'tools/cli'
    ? ['dist/connectors', { entry: 'tools/cli/connectors.ts', outfile: 'dist/connectors/connectors.js', mode: 0o755 }]
    : [`dist/${project}`, { entry: `${project}/src/main.ts`, outfile: `dist/${project}/main.js` }];
const { contents } = await bundle(program);
const packages = packagesOf(Object.keys(contents));
await writeFile(`${directory}/packages.json`, `${JSON.stringify(packages, null, 2)}\n`);
await writeFile(`${directory}/LICENSES.txt`, licencesOf(packages));
const sized = { project, bytes: (await stat(program.outfile)).size, contents };
if (option === '--accept-size') {
  await acceptSize(sized);
}
const problem = await budgetProblem(sized);
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
}
