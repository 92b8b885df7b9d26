import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Sensitive } from '@oci-connector/sensitive';
import { aServedConnector, aVolume, mounted, TOKEN } from './volume-fixture';
import { renderVolume } from '../src/volume/render-volume';
import { type VolumeRequest } from '../src/volume/volume-request';

/** Writes files in the layout of a volume: each file is a link into a directory that is replaced as a whole. */
function writeVolume(directory: string, request: VolumeRequest, generation = 1): void {
  const content = path.join(directory, `..2026_01_01_${generation}`);
  mkdirSync(content);
  const files = renderVolume(request);
  for (const [name, text] of files) {
    writeFileSync(path.join(content, name), text);
  }
  symlinkSync(path.basename(content), path.join(directory, '..new'));
  renameSync(path.join(directory, '..new'), path.join(directory, '..data'));
  for (const name of generation === 1 ? files.keys() : []) {
    symlinkSync(`..data/${name}`, path.join(directory, name));
  }
}

/** Tests `env.sh` in a shell. The tests fail if the shell is not installed. */
export function describeEnvScript(shell: string, ...options: readonly string[]): void {
  describe(`env.sh in ${[shell, ...options].join(' ')}`, () => {
    let directory: string;
    beforeEach(() => {
      directory = mkdtempSync(path.join(tmpdir(), "a volume's files-"));
      writeVolume(directory, aVolume({ connectors: [mounted(aServedConnector('hub')), mounted(aServedConnector('quay'))] }));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    const run = (script: string, env: Record<string, string> = {}) =>
      spawnSync(shell, [...options, '-c', script, 'sh', directory], {
        encoding: 'utf8',
        // Node's default stdin is a socket. With a socket, bash assumes that rshd started it, and reads ~/.bashrc.
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: directory,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env },
      });
    const url = (token: string) => `http://default%2Fhub,default%2Fquay:${token}@c-hub.default.svc.cluster.local:80`;
    /** Whether the script can find its own directory. macOS has no /proc, so only bash can there. */
    const finds = process.platform === 'linux' || shell === 'bash';

    it('exports the variables in lower and upper case', () => {
      const { stdout, stderr, status } = run('set -eu; . "$1/env.sh"; env', finds ? {} : { CONNECTORS_DIR: directory });
      const variables = Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split(/=(.*)/s, 2)),
      ) as Record<string, string>;
      for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) {
        expect(variables[name]).toBe(url(TOKEN));
      }
      expect(variables['NO_PROXY']).toBe(variables['no_proxy']);
      expect(variables['no_proxy']).toMatch(/^localhost,127\.0\.0\.1,/);
      expect(Object.keys(variables).filter((name) => name.startsWith('connectors_'))).toEqual([]);
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    });

    it.each(['false', 'true'])('has the same values as .env, with tls %s', (tls) => {
      const connectors = [mounted(aServedConnector('hub')), mounted(aServedConnector('quay'))];
      const request = aVolume({ connectors, configurationParams: { proxy: { tls } } });
      writeVolume(directory, request, 2);
      const { stdout } = run('. "$1/env.sh"; for name in http_proxy https_proxy no_proxy; do eval "echo $name=\\$$name"; done', {
        CONNECTORS_DIR: directory,
      });
      expect(stdout).toBe(renderVolume(request).get('.env'));
    });

    it('reads the current token each time', () => {
      writeVolume(directory, aVolume({ token: new Sensitive('renewed') }), 2);
      const script = '. "$1/env.sh"; echo "$http_proxy"; ( . "$1/env.sh"; echo "$http_proxy" )';
      const { stdout } = run(script, finds ? {} : { CONNECTORS_DIR: directory });
      expect(stdout.match(/:renewed@/g)).toHaveLength(2);
    });

    it('finds its directory when the calling script has the same name', () => {
      const outer = path.join(directory, 'outer');
      mkdirSync(outer);
      writeFileSync(path.join(outer, 'env.sh'), `. "${directory}/env.sh"\necho "$http_proxy"\n`);
      const { stdout } = run('. "$1/outer/env.sh"', finds ? {} : { CONNECTORS_DIR: directory });
      expect(stdout).toBe(`${url(TOKEN)}\n`);
    });

    it('prefers CONNECTORS_DIR', () => {
      const copy = mkdtempSync(path.join(tmpdir(), 'copy-'));
      execFileSync('cp', [path.join(directory, 'env.sh'), copy]);
      const { stdout } = run(`. "${copy}/env.sh"; echo "$http_proxy"`, { CONNECTORS_DIR: directory });
      rmSync(copy, { recursive: true });
      expect(stdout).toBe(`${url(TOKEN)}\n`);
    });

    it('says what to do when there is no token file', () => {
      rmSync(path.join(directory, 'context.token'));
      const { stderr, status, stdout } = run('set -e; . "$1/env.sh"; echo on', { CONNECTORS_DIR: directory });
      expect(stderr).toContain('set CONNECTORS_DIR to the directory of the volume');
      expect({ stdout, failed: status !== 0 }).toEqual({ stdout: '', failed: true });
    });

    it('keeps the token out of a trace, and continues the trace afterwards', () => {
      const { stderr } = run('set -x; . "$1/env.sh"; echo afterwards', { CONNECTORS_DIR: directory });
      expect(stderr).not.toContain(TOKEN);
      expect(stderr).toContain('+ echo afterwards');
    });

    it('does not contain the token', () => {
      expect(renderVolume(aVolume()).get('env.sh')).not.toContain(TOKEN);
    });
  });
}
