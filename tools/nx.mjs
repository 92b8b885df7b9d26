// Runs Nx, after its dependencies are installed: `node tools/nx.mjs run-many -t test`.
import { fileURLToPath } from 'node:url';
import { continueAs } from './child.mjs';
import { requireDependencies } from './dependencies.mjs';

requireDependencies();
continueAs(process.execPath, [fileURLToPath(new URL('../node_modules/.bin/nx', import.meta.url)), ...process.argv.slice(2)]);
