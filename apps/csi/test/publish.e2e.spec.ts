import { statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { until } from '@oci-connector/testing-kit';
import { IdentityProtocol, NodeProtocol } from '../src/rpc/protocols';
import { CONNECTORS, CsiWorld, PODS } from './csi-world';

describe('publishing a volume', () => {
  let world: CsiWorld;

  beforeAll(async () => {
    world = await CsiWorld.start();
  });

  afterAll(() => world.close());

  it('gives the pod its files, which every user may read', async () => {
    const token = world.token();
    expect(await world.publish('first', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('first', 'context.token')).toBe(token);
    expect(await world.read('first', 'static.conf')).toBe('first');
    expect(statSync(`${world.target('first')}/context.token`).mode & 0o777).toBe(0o444);
  });

  it("lets only the pod's group read the files when the pod has one", async () => {
    const group = process.getgid?.() ?? 0;
    expect(await world.publish('grouped', { group: String(group) })).toMatchObject({ code: 'OK' });
    const { mode, gid } = await stat(`${world.target('grouped')}/context.token`);
    expect([mode & 0o777, gid]).toEqual([0o440, group]);
  });

  it('reads the token from the volume context, as before Kubernetes 1.35', async () => {
    const token = world.token();
    expect(await world.publish('older', { token, tokensIn: 'context' })).toMatchObject({ code: 'OK' });
    expect(await world.read('older', 'context.token')).toBe(token);
  });

  it('serves several Connectors in one volume, without excluded files', async () => {
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

  it('writes the truststore on request, and keeps it when nothing changes', async () => {
    const publish = (): ReturnType<CsiWorld['publish']> =>
      world.publish('java', { token, attributes: { connectors: `${CONNECTORS}/hub`, 'configuration.names': 'truststore' } });
    const token = world.token();
    expect(await publish()).toMatchObject({ code: 'OK' });
    const store = await readFile(`${world.target('java')}/truststore.p12`);
    expect(() => createSecureContext({ pfx: store, passphrase: 'changed' })).toThrow('mac verify failure');
    expect(() => createSecureContext({ pfx: store, passphrase: 'changeit' })).toThrow('private key');
    const certificates = (await world.read('java', 'ca-bundle.crt')).match(/-----BEGIN CERTIFICATE-----[^-]+/g) ?? [];
    expect(certificates.length).toBeGreaterThan(100);
    expect(certificates.filter((pem) => !store.includes(Buffer.from(pem.replace(/-----.*-----/, ''), 'base64')))).toEqual([]);
    expect(await publish()).toMatchObject({ code: 'OK' });
    expect(world.calls.at(-1)).toMatchObject({ outcome: 'unchanged' });
  });

  it('logs one line for each call, with client, Connectors and outcome', async () => {
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
  ])('accepts a token.expiration that is %s, and logs once if tokens live shorter', async (_what, expiration, expected) => {
    const [volume, attributes] = [`wishes-${expiration}`, { connectors: `${CONNECTORS}/hub`, 'token.expiration': expiration }];
    const token = world.token('ci', { expirationSeconds: 3_600 });
    expect(await world.publish(volume, { attributes, token })).toMatchObject({ code: 'OK' });
    await world.publish(volume, { attributes, token });
    const lines = world.log.split('\n').filter((line) => line.includes('token.expiration') && line.includes(volume));
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual(expected);
  });

  it('mounts an unpublished volume again', async () => {
    await world.publish('again');
    expect(await world.unpublish('again')).toMatchObject({ code: 'OK' });
    await expect(world.names('again')).rejects.toThrow('ENOENT');
    expect(await world.unpublish('again')).toMatchObject({ code: 'OK' });
    expect(await world.publish('again')).toMatchObject({ code: 'OK' });
  });

  it('counts mounted volumes', async () => {
    const before = await world.metric('connectors_csi_volumes_mounted');
    await world.publish('counted');
    expect(await world.metric('connectors_csi_volumes_mounted')).toBe(before + 1);
    await world.unpublish('counted');
    expect(await world.metric('connectors_csi_volumes_mounted')).toBe(before);
  });

  it('serialises the calls for one volume: all succeed, and one writes the files', async () => {
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

  it('lets only its own user call', () => {
    expect(statSync(world.socket).mode & 0o777).toBe(0o600);
  });

  it('logs no token, even at level debug', () => {
    expect(world.tokens.length).toBeGreaterThan(5);
    expect(world.tokens.filter((token) => world.log.includes(token) || world.log.includes(token.slice(-40)))).toEqual([]);
  });
});
