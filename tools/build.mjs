// Builds one program: `node tools/build.mjs apps/proxy` writes dist/apps/proxy/main.js, and `node tools/build.mjs tools/cli` writes the
// command dist/connectors/connectors.js; next to it the npm packages that it contains, and their licences.
import { writeFile } from 'node:fs/promises';
import { bundle } from './bundle.mjs';
import { licencesOf, packagesOf } from './packages.mjs';

const project = process.argv[2];
if (!project) {
  console.error('usage: node tools/build.mjs apps/NAME|tools/cli');
  process.exit(2);
}
const [directory, program] =
  project === 'tools/cli'
    ? ['dist/connectors', { entry: 'tools/cli/connectors.ts', outfile: 'dist/connectors/connectors.js', mode: 0o755 }]
    : [`dist/${project}`, { entry: `${project}/src/main.ts`, outfile: `dist/${project}/main.js` }];
const { contents } = await bundle(program);
const packages = packagesOf(contents);
await writeFile(`${directory}/packages.json`, `${JSON.stringify(packages, null, 2)}\n`);
await writeFile(`${directory}/LICENSES.txt`, licencesOf(packages));
