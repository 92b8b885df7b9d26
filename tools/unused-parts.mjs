// Leaves out of the bundles what packages would load although no program uses it. docs/performance.md has the sizes.
import { readFile } from 'node:fs/promises';
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

/**
 * Two loggers of Nest format dates. The programs have their own logger, but the first formatter makes ICU load its tables of languages, which
 * takes 1 MiB of memory.
 */
const LOGGERS_OF_NEST = /\/@nestjs\/common\/services\/(console-)?logger\.service\.js$/;
const FORMATTER_OF_NEST = /new Intl\.DateTimeFormat\(undefined, \{[^}]*\}\)/;

/** What grpc-js needs only for its service of statistics (channelz). */
const LOADER_OF_GRPC = /^@grpc\/proto-loader$/;

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
    pluginBuild.onResolve({ filter: LOADER_OF_GRPC }, ({ path: specifier, importer }) =>
      inPackage('@grpc/grpc-js', importer) ? { path: specifier, namespace: 'unused-part' } : undefined,
    );
    pluginBuild.onLoad({ filter: LOGGERS_OF_NEST }, async ({ path: file }) => {
      const text = await readFile(file, 'utf8');
      if (!FORMATTER_OF_NEST.test(text)) {
        throw new Error(`${file} has no formatter of dates; see tools/unused-parts.mjs`);
      }
      return { contents: text.replace(FORMATTER_OF_NEST, '{ format: (time) => new Date(time).toISOString() }') };
    });
    // The CommonJS files of class-validator load all its rules, including one with the telephone numbers of all countries. Nest has a pipe
    // that validates requests, which is not used.
    pluginBuild.onResolve({ filter: /^class-(validator|transformer)$/ }, ({ path: name, importer }) => {
      if (inPackage('@nestjs', importer)) return { path: name, external: true };
      return name === 'class-validator' ? { path: path.join(directory, name, 'esm2015/index.js'), sideEffects: false } : undefined;
    });
  },
};
