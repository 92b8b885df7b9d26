// Leaves out of the bundles what packages would load although no program uses it. docs/performance.md has the sizes.
import path from 'node:path';

/**
 * The parts of undici that the programs use. Its main file loads everything else, too: fetch, WebSocket, mocks and caches, which take
 * 3 MiB of memory. An import of something that is not listed here fails when a program is bundled.
 */
const UNDICI = `
import api from './lib/api/index.js';
import Dispatcher from './lib/dispatcher/dispatcher.js';
Object.assign(Dispatcher.prototype, api);
export { default as Agent } from './lib/dispatcher/agent.js';
export { default as buildConnector } from './lib/core/connect.js';
`;

/** What undici needs only for HTTP/2 and for forms. The programs use neither. */
const UNUSED_OF_UNDICI = /^(\.\/client-h2\.js|\.\.\/web\/fetch\/body\.js)$/;
const UNUSED = `
const unused = () => {
  throw new Error('this part of undici is not in the bundle; see tools/unused-parts.mjs');
};
module.exports = Object.assign(unused, { extractBody: unused });
`;

const inPackage = (name, file) => file.includes(`/node_modules/${name}/`);

export const leaveOutUnusedParts = {
  name: 'unused-parts',
  setup(pluginBuild) {
    const directory = path.resolve(pluginBuild.initialOptions.absWorkingDir ?? '.', 'node_modules');
    pluginBuild.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'used-parts' }));
    pluginBuild.onLoad({ filter: /^undici$/, namespace: 'used-parts' }, () => ({
      contents: UNDICI,
      resolveDir: path.join(directory, 'undici'),
    }));
    pluginBuild.onResolve({ filter: UNUSED_OF_UNDICI }, ({ path: specifier, importer }) =>
      inPackage('undici', importer) ? { path: specifier, namespace: 'unused-part' } : undefined,
    );
    pluginBuild.onLoad({ filter: /./, namespace: 'unused-part' }, () => ({ contents: UNUSED }));
    // The CommonJS files of class-validator load all its rules, including one with the telephone numbers of all countries. Nest has a pipe
    // that validates requests, which is not used.
    pluginBuild.onResolve({ filter: /^class-(validator|transformer)$/ }, ({ path: name, importer }) => {
      if (inPackage('@nestjs', importer)) return { path: name, external: true };
      return name === 'class-validator' ? { path: path.join(directory, name, 'esm2015/index.js'), sideEffects: false } : undefined;
    });
  },
};
