// Builds one program: `node tools/build.mjs apps/proxy` writes dist/apps/proxy/main.js.
import { bundle } from './bundle.mjs';

const project = process.argv[2];
if (!project) {
  console.error('usage: node tools/build.mjs apps/NAME');
  process.exit(2);
}
await bundle({ entry: `${project}/src/main.ts`, outfile: `dist/${project}/main.js` });
