/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

/** Published as ES modules only; Jest loads CommonJS, so these are transformed like our own files. */
const esmOnly = ['@marcbachmann/cel-js', 'p-limit', 'p-queue', 'p-timeout', 'yocto-queue'];

const config: Config = {
  testEnvironment: 'node',
  testMatch: ['**/*.spec.ts'],
  // Far longer than any test takes: the limit ends what hangs, it does not judge a machine that is busy.
  testTimeout: 60_000,
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json'],
  moduleNameMapper: { '^@oci-connector/([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/tmp/'],
  setupFiles: ['reflect-metadata'],
  transform: {
    '\\.proto$': '<rootDir>/tools/proto-definition.cjs',
    '^.+\\.[cm]?[tj]s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};

export default config;
