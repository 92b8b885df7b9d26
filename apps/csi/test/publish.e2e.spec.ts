import { statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { until } from '@oci-connector/testing-kit';
import { IdentityProtocol, NodeProtocol } from '../src/rpc/protocols';
import { CONNECTORS, CsiWorld, PODS } from './csi-world';

describe('publishing a volume', () => {
  let world: CsiWorld;

  beforeAll(async () => {
    world = await CsiWorld.start();
  });

  afterAll(() => world.close());

  it('gives the pod its files, which everybody may read', async () => {
    const token = world.token();
    expect(await world.publish('first', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('first', 'context.token')).toBe(token);
    expect(await world.read('first', 'static.conf')).toBe('first');
    expect(statSync(`${world.target('first')}/context.token`).mode & 0o777).toBe(0o444);
  });

  it("gives files to the pod's group alone where the pod has one", async () => {
    const group = process.getgid?.() ?? 0;
    expect(await world.publish('grouped', { group: String(group) })).toMatchObject({ code: 'OK' });
    const { mode, gid } = await stat(`${world.target('grouped')}/context.token`);
    expect([mode & 0o777, gid]).toEqual([0o440, group]);
  });

  it('takes the token from the volume context of Kubernetes before 1.35, too', async () => {
    const token = world.token();
    expect(await world.publish('older', { token, tokensIn: 'context' })).toMatchObject({ code: 'OK' });
    expect(await world.read('older', 'context.token')).toBe(token);
  });

  it('serves several connectors in one volume, and leaves excluded files out', async () => {
    world.connect('second');
    await until(
      async () =>
        (
          await world.publish('several', {
            attributes: { connectors: `${CONNECTORS}/hub,${CONNECTORS}/second`, 'configuration.names': '!ca.crt' },
          })
        ).code === 'OK',
    );
    expect(await world.names('several')).not.toContain('ca.crt');
  });

  it('writes one line for each call, with who and what and how it ended', async () => {
    await world.publish('logged');
    expect(world.calls.at(-1)).toMatchObject({
      level: 'info',
      method: 'NodePublishVolume',
      volume: 'csi-logged',
      pod: `${PODS}/pod-of-logged`,
      client: `${PODS}/ci`,
      connectors: `${CONNECTORS}/hub`,
      outcome: 'published',
      code: 'OK',
    });
  });

  it.each([
    ['longer than tokens live', '2h', [expect.objectContaining({ level: 'info', wantedSeconds: 7_200, installedSeconds: 3_600 })]],
    ['as long', '1h', []],
    ['shorter', '30m', []],
  ])('accepts a token.expiration that is %s, and says once if it cannot be had', async (_what, expiration, expected) => {
    const [volume, attributes] = [`wishes-${expiration}`, { connectors: `${CONNECTORS}/hub`, 'token.expiration': expiration }];
    const token = world.token('ci', { expirationSeconds: 3_600 });
    expect(await world.publish(volume, { attributes, token })).toMatchObject({ code: 'OK' });
    await world.publish(volume, { attributes, token });
    const lines = world.log.split('\n').filter((line) => line.includes('token.expiration') && line.includes(volume));
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual(expected);
  });

  it('mounts again what was unpublished', async () => {
    await world.publish('again');
    expect(await world.unpublish('again')).toMatchObject({ code: 'OK' });
    await expect(world.names('again')).rejects.toThrow('ENOENT');
    expect(await world.unpublish('again')).toMatchObject({ code: 'OK' });
    expect(await world.publish('again')).toMatchObject({ code: 'OK' });
  });

  it('counts what is mounted', async () => {
    const before = await world.metric('connectors_csi_volumes_mounted');
    await world.publish('counted');
    expect(await world.metric('connectors_csi_volumes_mounted')).toBe(before + 1);
    await world.unpublish('counted');
    expect(await world.metric('connectors_csi_volumes_mounted')).toBe(before);
  });

  it('serialises calls for one volume: all succeed and it is written once', async () => {
    const token = world.token();
    const published = await world.metric('connectors_csi_publishes_total{outcome="published"}');
    const results = await Promise.all(Array.from({ length: 8 }, () => world.publish('crowd', { token })));
    expect(results.map(({ code }) => code)).toEqual(Array(8).fill('OK'));
    expect(await world.metric('connectors_csi_publishes_total{outcome="published"}')).toBe(published + 1);
    expect((await readdir(world.target('crowd'))).filter((name) => name.startsWith('..'))).toHaveLength(2);
  });

  it('answers Identity and the capabilities of the node', async () => {
    expect(await world.call(IdentityProtocol, 'GetPluginInfo', {})).toMatchObject({
      answer: { name: 'connectors-csi', vendor_version: '0.1.0' },
    });
    expect(await world.call(IdentityProtocol, 'GetPluginCapabilities', {})).toMatchObject({ answer: { capabilities: [] } });
    expect(await world.call(IdentityProtocol, 'Probe', {})).toMatchObject({ answer: { ready: { value: true } } });
    expect(await world.call(NodeProtocol, 'NodeGetInfo', {})).toMatchObject({ answer: { node_id: 'node1' } });
    const { answer } = await world.call(NodeProtocol, 'NodeGetCapabilities', {});
    expect(answer?.['capabilities']).toEqual([expect.objectContaining({ rpc: { type: 'VOLUME_MOUNT_GROUP' } })]);
  });

  it.each(['NodeStageVolume', 'NodeUnstageVolume', 'NodeGetVolumeStats', 'NodeExpandVolume'])('does not implement %s', async (method) => {
    expect(await world.call(NodeProtocol, method, {})).toMatchObject({ code: 'UNIMPLEMENTED' });
  });

  it('lets nobody but its own user call', () => {
    expect(statSync(world.socket).mode & 0o777).toBe(0o600);
  });

  it('logs no token, at level debug either', () => {
    expect(world.tokens.length).toBeGreaterThan(5);
    expect(world.tokens.filter((token) => world.log.includes(token) || world.log.includes(token.slice(-40)))).toEqual([]);
  });
});
