import { existsSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { TcpServer, until } from '@oci-connector/testing-kit';
import { VolumeError } from '../src/csi.errors';
import { DirectoryMounter } from '../src/mount/directory-mounter';
import { CONNECTORS, CsiWorld } from './csi-world';

/** A mounter that a test can make fail or wait. */
class FaultyMounter extends DirectoryMounter {
  fault?: 'mount' | 'unmount';
  delay?: Promise<void>;
  mounts = 0;

  override async mount(): Promise<void> {
    this.mounts += 1;
    await this.delay;
    if (this.fault === 'mount') {
      throw new VolumeError('MountFailed', 'mount failed: no permission');
    }
  }

  override async unmount(target: string): Promise<void> {
    if (this.fault === 'unmount') {
      throw new VolumeError('MountFailed', 'umount failed: target is busy');
    }
    await super.unmount(target);
  }
}

/** A mounter with mounts without files, as a driver leaves them when it ends before it writes the files. */
class HalfDoneMounter extends DirectoryMounter {
  readonly halfDone = new Set<string>();

  override async mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set([...(await super.mountedAmong(targets)), ...targets.filter((target) => this.halfDone.has(target))]);
  }

  override isMounted(target: string): boolean {
    return this.halfDone.has(target) || super.isMounted(target);
  }

  override async unmount(target: string): Promise<void> {
    this.halfDone.delete(target);
    await super.unmount(target);
  }
}

describe('the life of a driver', () => {
  let world: CsiWorld;

  afterEach(() => world.close());

  it('adopts the volumes of an earlier driver, and replaces the socket that it left', async () => {
    world = await CsiWorld.start();
    const token = world.token();
    await world.publish('survivor', { token });
    writeFileSync(path.join(world.target('survivor'), '..', 'vol_data.json'), '{"driverName":"connectors-csi"}');
    const set = await world.currentSet('survivor');
    await world.stopDriver();
    writeFileSync(world.socket, 'a socket that nobody removed');
    await world.startDriver();
    expect(await world.metric('connectors_csi_volumes_mounted')).toBe(1);
    expect(await world.publish('survivor', { token })).toMatchObject({ code: 'OK' });
    expect(world.calls.at(-1)).toMatchObject({ outcome: 'unchanged' });
    expect(await world.currentSet('survivor')).toBe(set);
    expect(await world.unpublish('survivor')).toMatchObject({ code: 'OK' });
    expect(existsSync(world.target('survivor'))).toBe(false);
  });

  it('removes only the empty directories of its volumes after a reboot of the node', async () => {
    world = await CsiWorld.start();
    await world.stopDriver();
    const leave = async (volume: string, data?: string, file?: string): Promise<void> => {
      await mkdir(world.target(volume), { recursive: true });
      if (file !== undefined) {
        writeFileSync(path.join(world.target(volume), file), '');
      }
      if (data !== undefined) {
        writeFileSync(path.join(world.target(volume), '..', 'vol_data.json'), data);
      }
    };
    await leave('ours', '{"driverName":"connectors-csi"}');
    // As if another program had mounted a file system there.
    await leave('full', '{"driverName":"connectors-csi"}', 'precious');
    await leave('foreign', '{"driverName":"other"}');
    await leave('unknown');
    await leave('unreadable', '{');
    await world.startDriver();
    expect(['ours', 'foreign', 'unknown', 'unreadable'].map((volume) => existsSync(world.target(volume)))).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect(existsSync(path.join(world.target('ours'), '..', 'vol_data.json'))).toBe(true);
    expect(existsSync(path.join(world.target('full'), 'precious'))).toBe(true);
    const warnings = world.log.split('\n').filter((line) => line.includes('could not be removed'));
    expect(warnings.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ level: 'warn', target: world.target('full') }),
    ]);
  });

  it('unmounts a mount without files, and checks the permission before it mounts it again', async () => {
    const mounter = new HalfDoneMounter();
    world = await CsiWorld.start({ mounter });
    await world.stopDriver();
    const target = world.target('half-done');
    await mkdir(target, { recursive: true });
    writeFileSync(path.join(target, '..', 'vol_data.json'), '{"driverName":"connectors-csi"}');
    mounter.halfDone.add(target);
    await world.startDriver();
    expect(await world.metric('connectors_csi_volumes_mounted')).toBe(0);
    expect([mounter.halfDone.size, existsSync(target)]).toEqual([0, false]);
    expect(await world.publish('half-done', { serviceAccount: 'stranger' })).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(existsSync(target)).toBe(false);
  });

  it('does not start while another driver serves, which continues', async () => {
    world = await CsiWorld.start({ registers: true });
    await expect(world.startDriver()).rejects.toThrow(`another driver serves on ${world.socket}`);
    expect(await world.publish('volume')).toMatchObject({ code: 'OK' });
    expect(await world.registration('GetInfo', {})).toMatchObject({ code: 'OK' });
  });

  it.each([
    ['a directory', (file: string) => mkdirSync(file)],
    ['a link in a circle', (file: string) => symlinkSync(file, file)],
    ['a link to another file', (file: string) => symlinkSync('/etc/hostname', file)],
    ['something huge', (file: string) => (writeFileSync(file, ''), truncateSync(file, 3 * 2 ** 30))],
    ['garbage', (file: string) => writeFileSync(file, Buffer.from([0xff, 0, 1]))],
  ])('refreshes the token and starts again when the stored inputs have become %s', async (_what, make) => {
    world = await CsiWorld.start();
    await world.publish('volume');
    const [file = ''] = (await world.keptInputs()).keys();
    rmSync(file);
    make(file);
    const token = world.token();
    expect(await world.publish('volume', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('volume', 'context.token')).toBe(token);
    rmSync(file, { recursive: true });
    make(file);
    await world.stopDriver();
    await world.startDriver();
    expect(await world.publish('volume', { token })).toMatchObject({ code: 'OK' });
    expect([...(await world.keptInputs()).values()]).toEqual([expect.stringContaining(world.target('volume'))]);
  });

  it('removes the stored inputs of volumes that no longer exist', async () => {
    world = await CsiWorld.start();
    for (const volume of ['stays', 'gone']) {
      await world.publish(volume);
    }
    await world.stopDriver();
    await world.emptyTarget('gone');
    expect((await world.keptInputs()).size).toBe(2);
    const [file] = (await world.keptInputs()).keys();
    writeFileSync(path.join(path.dirname(file ?? ''), 'half-a-file.json.1234'), '{"ver');
    await world.startDriver();
    expect([...(await world.keptInputs()).values()]).toEqual([expect.stringContaining('"target":"' + world.target('stays'))]);
    expect(await world.metric('connectors_csi_volumes_mounted')).toBe(1);
  });

  it('registers itself with the kubelet', async () => {
    world = await CsiWorld.start({ registers: true });
    expect(await world.readyz()).toContain('[-]registration: the kubelet has not registered the driver yet');
    expect(await world.registration('GetInfo', {})).toMatchObject({
      answer: { type: 'CSIPlugin', name: 'connectors-csi', endpoint: world.socket, supported_versions: ['1.0.0'] },
    });
    await world.registration('NotifyRegistrationStatus', { plugin_registered: false, error: 'unknown version' });
    expect(await world.readyz()).toContain('[-]registration: the kubelet refused the driver: unknown version');
    await world.registration('NotifyRegistrationStatus', { plugin_registered: true, error: '' });
    expect(await world.readyz()).toContain('[+]registration ok');
    await world.stopDriver();
    expect([world.socket, path.join(world.registrationDirectory, 'connectors-csi-reg.sock')].filter(existsSync)).toEqual([]);
  });

  it('removes its socket when it is stopped, and finishes running calls before it closes the admin port', async () => {
    const mounter = new FaultyMounter();
    world = await CsiWorld.start({ mounter });
    const { adminUrl } = world;
    let goOn: (() => void) | undefined;
    mounter.delay = new Promise((resolve) => (goOn = resolve));
    const running = world.publish('running');
    await until(() => mounter.mounts === 1);
    const stopped = world.stopDriver();
    await until(async () => (await world.readyz()).includes('[-]socket: the socket is not served'));
    expect(await world.publish('late')).toMatchObject({ code: 'UNAVAILABLE' });
    goOn?.();
    expect(await running).toMatchObject({ code: 'OK' });
    await stopped;
    await expect(fetch(`${adminUrl}/readyz`)).rejects.toThrow();
    expect(existsSync(world.socket)).toBe(false);
    expect(await world.read('running', 'static.conf')).toBe('first');
    expect(mounter.mounts).toBe(1);
  });

  it('leaves no socket when its start fails', async () => {
    world = await CsiWorld.start({ registers: true });
    await world.stopDriver();
    const other = await TcpServer.start();
    await expect(world.startDriver({ settings: { adminPort: other.port } })).rejects.toThrow('EADDRINUSE');
    await other.close();
    expect([world.socket, path.join(world.registrationDirectory, 'connectors-csi-reg.sock')].filter(existsSync)).toEqual([]);
  });

  it('leaves nothing of a volume that could not be mounted', async () => {
    const mounter = new FaultyMounter();
    world = await CsiWorld.start({ mounter });
    mounter.fault = 'mount';
    expect(await world.publish('unlucky')).toMatchObject({ code: 'INTERNAL', message: 'mount failed: no permission (MountFailed)' });
    expect(existsSync(world.target('unlucky'))).toBe(false);
    mounter.fault = undefined;
    expect(await world.publish('unlucky')).toMatchObject({ code: 'OK' });
    await world.publish('unlucky', { token: world.token() });
    expect(mounter.mounts).toBe(2);
  });

  it('leaves nothing of a new volume whose files do not fit, and keeps a published one', async () => {
    world = await CsiWorld.start();
    await world.publish('fits');
    world.applyClass('files', { configurations: [{ name: 'static', data: { 'static.conf': 'x'.repeat(60_000) } }] });
    await world.untilRepublished('fits', 'static.conf', 'x'.repeat(60_000));
    await world.stopDriver();
    await world.startDriver({ settings: { volumeSize: 50_000 } });
    const token = world.token();
    expect(await world.publish('large', { token })).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringContaining('OCI_CONNECTOR_CSI_VOLUME_SIZE') as string,
    });
    expect(existsSync(world.target('large'))).toBe(false);
    const set = await world.currentSet('fits');
    expect(await world.publish('fits', { token })).toMatchObject({ code: 'OK' });
    expect(world.calls.at(-1)).toMatchObject({ outcome: 'kept', reasons: ['VolumeFull'] });
    expect(await world.currentSet('fits')).toBe(set);
  });

  it('reports why a volume could not be filled, also when the mount cannot be undone', async () => {
    const mounter = new FaultyMounter();
    world = await CsiWorld.start({ mounter, settings: { volumeSize: 50_000 } });
    mounter.fault = 'unmount';
    const { code, message } = await world.publish('stuck');
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect(message).toMatch(/\(VolumeFull\)$/);
    expect(world.calls.at(-1)).toMatchObject({
      outcome: 'failed',
      reasons: ['VolumeFull', 'MountFailed'],
      messages: [expect.any(String), 'umount failed: target is busy'],
    });
    mounter.fault = undefined;
  });

  it('reports a failed unmount, and succeeds when it is called again', async () => {
    const mounter = new FaultyMounter();
    world = await CsiWorld.start({ mounter });
    await world.publish('busy');
    mounter.fault = 'unmount';
    expect(await world.unpublish('busy')).toMatchObject({ code: 'INTERNAL', message: 'umount failed: target is busy (MountFailed)' });
    mounter.fault = undefined;
    expect(await world.unpublish('busy')).toMatchObject({ code: 'OK' });
    expect(existsSync(world.target('busy'))).toBe(false);
  });

  it('names the setting when the kubelet directory does not exist', async () => {
    world = await CsiWorld.start();
    await world.stopDriver();
    await expect(world.startDriver({ settings: { kubeletDirectory: '/nonexistent/kubelet' } })).rejects.toThrow(
      'OCI_CONNECTOR_CSI_KUBELET_DIRECTORY',
    );
  });

  it('runs under a role that can read no Secret and create no token', async () => {
    world = await CsiWorld.start();
    const token = world.kube.issueToken({ namespace: 'connectors-system', name: 'connectors-csi' });
    const ask = async (method: string, url: string): Promise<number> =>
      (
        await fetch(`${world.kube.url}${url}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: method === 'GET' ? undefined : '{}',
        })
      ).status;
    expect(await ask('GET', `/api/v1/namespaces/${CONNECTORS}/secrets`)).toBe(403);
    expect(await ask('GET', '/api/v1/namespaces/connectors-system/secrets/connectors-proxy-ca')).toBe(403);
    expect(await ask('GET', '/api/v1/namespaces/connectors-system/configmaps/other')).toBe(403);
    expect(await ask('POST', '/api/v1/namespaces/team-a/serviceaccounts/ci/token')).toBe(403);
    expect(await ask('GET', '/api/v1/namespaces/connectors-system/configmaps')).toBe(403);
    expect(await ask('GET', `/apis/connectors.alauda.io/v1alpha1/namespaces/${CONNECTORS}/connectors/hub`)).toBe(403);
    expect(await ask('GET', '/api/v1/namespaces/connectors-system/configmaps?fieldSelector=metadata.name%3Dconnectors-proxy-ca')).toBe(200);
  });
});
