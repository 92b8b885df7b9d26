// One bundler for the programs and the tools: swc compiles each TypeScript file (esbuild emits no decorator
// metadata, which Nest and class-validator need), esbuild then makes one CommonJS file of it.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { build } from 'esbuild';

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

/** Nest asks for these at run time and does without them; none is used here. */
const optionalOfNest = [
  '@nestjs/platform-express',
  '@nestjs/microservices',
  '@nestjs/microservices/microservices.module',
  '@nestjs/websockets/socket-module',
  '@fastify/static',
  '@fastify/view',
  'class-transformer/storage',
];

/**
 * Of the Kubernetes client only the running of exec plugins is used. Its package does not say that its modules do nothing
 * when they are loaded, so without this all of its generated API, sixteen megabytes, would be in every program.
 */
const leaveOutUnusedKubernetesClient = {
  name: 'unused-kubernetes-client',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /./ }, async ({ path: specifier, pluginData, ...options }) => {
      const fromClient = /node_modules\/@kubernetes\/client-node\//.test(options.importer);
      if (pluginData === resolving || !(fromClient || specifier === '@kubernetes/client-node')) return undefined;
      const resolved = await pluginBuild.resolve(specifier, { ...options, pluginData: resolving });
      return fromClient && !specifier.startsWith('.') ? resolved : { ...resolved, sideEffects: false };
    });
  },
};
const resolving = Symbol('resolving');

/** Native, or tools of the workspace itself: never part of a program. */
const workspaceTools = ['esbuild', '@swc/core', 'typescript', 'nx'];

/**
 * Bundles one entry file, with all it imports, into one CommonJS file with a source map.
 * @param {{ entry: string, outfile: string }} options paths relative to the workspace
 * @returns {Promise<string[]>} the files that it was made of, relative to the workspace
 */
export async function bundle({ entry, outfile }) {
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
    loader: { '.proto': 'text' },
    tsconfig: 'tsconfig.base.json',
    external: [...optionalOfNest, ...workspaceTools],
    plugins: [leaveOutUnusedKubernetesClient, compileWithSwc],
    logLevel: 'warning',
  });
  await mkdir(path.dirname(path.resolve(workspaceRoot, outfile)), { recursive: true });
  for (const { path: file, text } of outputFiles) {
    // In one step: another process may be starting the very same program.
    const part = `${file}.${process.pid}.part`;
    await writeFile(part, file.endsWith('.js') ? inLatin1(text) : text);
    await rename(part, file);
  }
  return Object.keys(metafile.inputs);
}

/**
 * V8 keeps a program's text in memory, with two bytes for each character when one of them is outside Latin-1: as many bytes again as the
 * program has characters. esbuild escapes strings; what is left stands in comments and regular expressions, where an escape means the
 * same. After an escape the source map's columns are wrong for the rest of the line.
 */
function inLatin1(text) {
  if (/\\[^\0-\xff]|String\.raw`[^`]*[^\0-\xff]/.test(text)) {
    throw new Error(
      'the bundle has a character outside Latin-1 after a backslash or in String.raw, where an escape would mean something else',
    );
  }
  return text.replaceAll(/[^\0-\xff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
