import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { LoopbackServer, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { buildSync } from 'esbuild';

const NAMES = ['default', 'added', 'stranger'] as const;
type Name = (typeof NAMES)[number];

/** Prints which of the servers a context trusts: first one with a further authority, then one without. */
const PROGRAM = `
import { connect } from 'node:tls';
import { contextTrusting } from './trusted-roots';

const { ports, ca } = JSON.parse(process.argv[2]);
const isTrusted = (port, secureContext) =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, secureContext });
    socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('secureConnect', () => socket.destroy());
  });
const result = [];
for (const context of [contextTrusting([ca]), contextTrusting([])]) {
  for (const port of ports) {
    result.push(await isTrusted(port, context));
  }
}
console.log(JSON.stringify(result));
`;

describe('contextTrusting', () => {
  let directory: string;
  const authorities = new Map<Name, TestCertificateAuthority>();
  const servers: LoopbackServer[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'trusted-roots-'));
    for (const name of NAMES) {
      const authority = await TestCertificateAuthority.create({ name });
      authorities.set(name, authority);
      const tls = await authority.issue({ ips: ['127.0.0.1'] });
      servers.push(await LoopbackServer.start((_request, response) => void response.end(), { tls }));
    }
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await rm(directory, { recursive: true });
  });

  it('trusts the default authorities and the further ones; another context does not trust the further ones', async () => {
    const file = path.join(directory, 'default.crt');
    await writeFile(file, authorities.get('default')?.caPem ?? '');
    const program = path.join(directory, 'program.mjs');
    const stdin = { contents: PROGRAM, resolveDir: __dirname };
    buildSync({ stdin, outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' });
    const input = JSON.stringify({ ports: servers.map(({ port }) => port), ca: authorities.get('added')?.caPem });
    // With this option, the default authorities are those of a file.
    const options = { env: { SSL_CERT_FILE: file } };
    const { stdout } = await promisify(execFile)(process.execPath, ['--use-openssl-ca', program, input], options);
    expect(JSON.parse(stdout)).toEqual([true, true, false, true, false, false]);
  });
});
