import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testbedTool, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { startFixtureRegistry } from './fixture-registry';
import { type FixtureAuth } from './fixture-registry-options';

const USER = { username: 'conformance', password: 'suite' };
/** The suite takes a few seconds, on a busy machine longer. */
const TIMEOUT_MS = 180_000;

const MODES: readonly (readonly [string, FixtureAuth, { readonly https: boolean; readonly chunkMinLength?: number }])[] = [
  ['anonymous, over http', { mode: 'anonymous' }, { https: false }],
  ['basic, over https', { mode: 'basic', accounts: [USER] }, { https: true }],
  ['token, with a minimum chunk length', { mode: 'token', accounts: [USER] }, { https: false, chunkMinLength: 64 }],
];

/** Enables every API and every kind of data that the suite can test, including those that are off by default for version 1.1. */
const EVERYTHING = {
  OCI_VERSION: '1.1',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
  OCI_DATA_SPARSE: 'true',
};

describe('the OCI conformance suite', () => {
  const executable = testbedTool('OCI_CONNECTOR_CONFORMANCE_SUITE');

  it.each(MODES)(
    'passes completely (%s)',
    async (_name, auth, { https, chunkMinLength }) => {
      const directory = await mkdtemp(join(tmpdir(), 'conformance-'));
      const authority = await TestCertificateAuthority.create();
      await writeFile(join(directory, 'ca.crt'), authority.caPem);
      const tls = https ? await authority.issue({ ips: ['127.0.0.1'] }) : undefined;
      const registry = await startFixtureRegistry({ auth, tls, chunkMinLength, allowMissingReferences: true });
      try {
        const outcomes = await run(executable, directory, {
          OCI_REGISTRY: registry.host,
          OCI_TLS: https ? 'enabled' : 'disabled',
          OCI_USERNAME: USER.username,
          OCI_PASSWORD: USER.password,
        });
        expect(outcomes.filter(([, status]) => status !== 'passed')).toEqual([]);
        // A smaller number means that the suite stopped early, or that it considers an API absent.
        expect(outcomes.length).toBeGreaterThan(800);
        expect(registry.openUploads()).toEqual([]);
        expect(registry.requests.filter(({ status = 500 }) => status >= 500)).toEqual([]);
      } finally {
        await registry.close();
        await rm(directory, { recursive: true });
      }
    },
    TIMEOUT_MS,
  );
});

/** Runs the suite, and returns the name and the outcome of each of its tests. */
async function run(executable: string, directory: string, target: Record<string, string>): Promise<(readonly [string, string])[]> {
  const env = { ...EVERYTHING, ...target, OCI_RESULTS_DIR: directory, SSL_CERT_FILE: join(directory, 'ca.crt') };
  // The exit code is not needed: the suite always writes the report.
  await once(spawn(executable, { cwd: directory, env, stdio: 'ignore' }), 'exit');
  const report = await readFile(join(directory, 'junit.xml'), 'utf8');
  return [...report.matchAll(/<testcase [^>]*>/g)].map(([tag]) => [attribute(tag, 'name'), attribute(tag, 'status')]);
}

function attribute(tag: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
}
