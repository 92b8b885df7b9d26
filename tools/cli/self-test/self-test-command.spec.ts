import { TcpServer, unusedPort } from '@oci-connector/testing-kit';
import { type CommandRun, runCommand } from '../test/captured-world';
import { useDirectory } from '../test/test-worlds';

describe('connectors self-test', () => {
  const directory = useDirectory();

  const run = async (environment: Record<string, string>): Promise<CommandRun> =>
    runCommand(['self-test', 'system/self-test', '--directory', directory.path, '--port', String(await unusedPort())], { environment });

  it('needs the password of the Connector', async () => {
    const { status, stderr } = await run({});
    expect([status, stderr]).toEqual([2, 'SELF_TEST_PASSWORD is not set: it must be the password in the Secret of the Connector\n']);
  });

  it('says that its port is in use', async () => {
    const server = await TcpServer.start(() => undefined);
    try {
      const { status, stderr } = await runCommand(['self-test', 'system/self-test', '--port', String(server.port)], {
        environment: { SELF_TEST_PASSWORD: 'walrus-password' },
      });
      expect(status).toBe(1);
      expect(stderr).toMatch(/^the self-test of Connector system\/self-test failed: listen EADDRINUSE/);
    } finally {
      await server.close();
    }
  });

  it('says what the volume must have', async () => {
    directory.write('config.json', '{"auths":{}}');
    const { status, stderr } = await run({ SELF_TEST_PASSWORD: 'walrus-password' });
    expect(status).toBe(1);
    expect(stderr).toContain('config.json has no login; mount the volume with configuration.names: registry-config');
    expect(stderr).not.toContain('walrus');
  });
});
