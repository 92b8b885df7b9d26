// The bundler of the programs and the tools: swc compiles each TypeScript file (esbuild emits no decorator
// metadata, which Nest and class-validator need), and esbuild then creates one CommonJS file.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { build } from 'esbuild';
import { definitionOf } from './proto-definition.cjs';
import { leaveOutUnusedParts } from './unused-parts.mjs';

export const workspaceRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const compileWithSwc = {
  name: 'swc',
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /\.ts$/ }, async ({ path: filename }) => {
      const { code } = await transform(await readFile(filename, 'utf8'), {
        filename,
        configFile: false,
        swcrc: false,
        sourceMaps: 'inline',
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      });
      return { contents: code, loader: 'js', resolveDir: path.dirname(filename) };
    });
  },
};

const importProtoDefinitions = {
  name: 'proto-definitions',
  setup(pluginBuild) {
    pluginBuild.onLoad({ filter: /\.proto$/ }, async ({ path: filename }) => ({
      contents: definitionOf(await readFile(filename, 'utf8')),
      loader: 'text',
    }));
  },
};

/** Packages that Nest tries to load at run time. They are optional and not used here. */
const optionalOfNest = [
  '@nestjs/platform-express',
  '@nestjs/microservices',
  '@nestjs/microservices/microservices.module',
  '@nestjs/websockets/socket-module',
];

/**
 * Omits the files of a lib whose exports a program does not use: importing them has no effect. Otherwise the command `connectors` would
 * contain Nest, because it uses a part of `libs/runtime`.
 */
const leaveOutUnusedFiles = {
  name: 'unused-files',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^\.\// }, async ({ path: specifier, pluginData, ...options }) =>
      pluginData !== resolving && /\/libs\/[a-z-]+\/src\/index\.ts$/.test(options.importer)
        ? { ...(await pluginBuild.resolve(specifier, { ...options, pluginData: resolving })), sideEffects: false }
        : undefined,
    );
  },
};

const resolving = Symbol('resolving');

/** Native packages and tools of the workspace, which are never part of a program. */
const workspaceTools = ['esbuild', '@swc/core', 'typescript', 'nx'];

/**
 * Bundles one entry file and all its imports into one CommonJS file with a source map.
 * @param {{ entry: string, outfile: string, mode?: number }} options paths relative to the workspace; `mode`: permissions of the file
 * @returns {Promise<{ inputs: string[], contents: Record<string, number> }>} files relative to the workspace: all that were read, and
 *   those of which the bundle contains something, with the number of bytes
 */
export async function bundle({ entry, outfile, mode = 0o644 }) {
  const { outputFiles, metafile } = await build({
    write: false,
    metafile: true,
    absWorkingDir: workspaceRoot,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'linked',
    // Without white space, because V8 keeps the text in memory. Names stay: Nest needs those of classes, and stack traces those of functions.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    // The licences are in LICENSES.txt.
    legalComments: 'none',
    tsconfig: 'tsconfig.base.json',
    external: [...optionalOfNest, ...workspaceTools],
    plugins: [leaveOutUnusedFiles, leaveOutUnusedParts, importProtoDefinitions, compileWithSwc],
    logLevel: 'warning',
  });
  await mkdir(path.dirname(path.resolve(workspaceRoot, outfile)), { recursive: true });
  for (const { path: file, text } of outputFiles) {
    // The file is replaced in one step, because another process may start the same program at this moment.
    const part = `${file}.${process.pid}.part`;
    await writeFile(part, file.endsWith('.js') ? inLatin1(text) : text, { mode });
    await rename(part, file);
  }
  const output = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined);
  const contents = Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [[file, bytesInOutput]] : []));
  // Not those that a plugin makes.
  const inputs = Object.keys(metafile.inputs).filter((file) => !/^[a-z-]+:/.test(file));
  return { inputs, contents: Object.fromEntries(contents) };
}

/**
 * Escapes characters outside Latin-1. V8 keeps the text of a program in memory, and needs two bytes instead of one for each character if
 * the text contains such a character. esbuild already escapes strings; the remaining characters are in regular expressions,
 * where an escape means the same. The source map's columns after an escape are wrong for the rest of the line.
 */
function inLatin1(text) {
  if (/\\[^\0-\xff]|String\.raw`[^`]*[^\0-\xff]/.test(text)) {
    throw new Error(
      'the bundle has a character outside Latin-1 after a backslash or in String.raw, where an escape would mean something else',
    );
  }
  return text.replaceAll(/[^\0-\xff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
