import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '@oci-connector/testing-kit';
import { DirectoryMounter } from '../src/mount/directory-mounter';
import { type CallResult, CsiWorld } from './csi-world';

/** A mounter that runs code of a test before it continues. */
class WaitingMounter extends DirectoryMounter {
  beforeMount?: () => Promise<void>;
  beforeLooking?: () => void;
  /** Whether every mount counts as a mount of another program. */
  isForeign = false;

  override async mount(): Promise<void> {
    await this.beforeMount?.();
  }

  override async mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>> {
    this.beforeLooking?.();
    return this.isForeign ? new Set() : super.mountedAmong(targets);
  }
}

describe('changes and obstacles at the wrong moment', () => {
  let world: CsiWorld;
  const mounter = new WaitingMounter();

  beforeEach(async () => {
    Object.assign(mounter, { beforeMount: undefined, beforeLooking: undefined, isForeign: false });
    world = await CsiWorld.start({ mounter });
  });

  afterEach(() => world.close());

  const withFile = (text: string): void =>
    world.applyClass('files', { configurations: [{ name: 'static', data: { 'static.conf': text } }] });

  /** Publishes and unpublishes until the driver has received the change that makes it refuse the volume. */
  const untilRefused = async (volume: string): Promise<CallResult> => {
    let result = await world.publish(volume);
    while (result.code === 'OK') {
      await world.unpublish(volume);
      result = await world.publish(volume);
    }
    return result;
  };

  it('applies a class change during a mount at the next republish', async () => {
    const token = world.token();
    mounter.beforeMount = async () => {
      mounter.beforeMount = undefined;
      withFile('second');
      // Now the driver has the new class, but it rendered the files from the old one.
      await until(async () => {
        await world.publish('other', { token });
        return (await world.read('other', 'static.conf')) === 'second';
      });
    };
    expect(await world.publish('first', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('first', 'static.conf')).toBe('first');
    expect(await world.publish('first', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('first', 'static.conf')).toBe('second');
  });

  it('keeps the old files, with fresh tokens, when a class became too large', async () => {
    await world.stopDriver();
    await world.startDriver({ settings: { volumeSize: 1_000_000 } });
    await world.publish('small');
    withFile('{{ repeat 400000 "x" }}');
    await until(async () => {
      await world.publish('small');
      return world.calls.at(-1)?.['reasons'] !== undefined;
    });
    const token = world.token();
    expect(await world.publish('small', { token })).toMatchObject({ code: 'OK' });
    expect(world.calls.at(-1)).toMatchObject({ outcome: 'swapped', reasons: ['VolumeFull'] });
    expect(await world.read('small', 'context.token')).toBe(token);
    expect(await world.read('small', 'static.conf')).toBe('first');
  });

  it('refuses a volume whose files do not fit twice when it is mounted, not when its token is renewed', async () => {
    await world.stopDriver();
    await world.startDriver({ settings: { volumeSize: 1_000_000 } });
    withFile('{{ repeat 400000 "x" }}');
    const refused = await untilRefused('large');
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', message: expect.stringContaining('twice') as string });
    expect(existsSync(world.target('large'))).toBe(false);
  });

  it('gives templates the proxy address of the class', async () => {
    const address = { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'ConnectorClass', name: 'files' };
    withFile('{{ .connectorclass.proxyAddress }}');
    world.kube.applyStatus(address, { proxy: { httpAddress: { url: 'http://connectors-proxy-service.connectors-system.svc' } } });
    await world.untilRepublished('address', 'static.conf', 'connectors-proxy-service.connectors-system.svc');
  });

  it('stores only the configurations of a class', async () => {
    world.applyClass('files', {
      configurations: [{ name: 'static', data: { 'static.conf': 'x' } }],
      params: [{ name: 'hidden-parameter', type: 'string' }],
    });
    await world.untilRepublished('inputs', 'static.conf', 'x');
    expect([...(await world.keptInputs()).values()].join()).not.toContain('hidden-parameter');
  });

  it('leaves a mount of another program unchanged', async () => {
    await world.publish('theirs');
    await world.stopDriver();
    mounter.isForeign = true;
    await world.startDriver();
    const set = await world.currentSet('theirs');
    expect(await world.publish('theirs')).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'target_path must not be a mount of another program (TargetRefused)',
    });
    expect(await world.currentSet('theirs')).toBe(set);
  });

  it('starts although the kubelet removes a leftover directory at the same time', async () => {
    await world.publish('vanishing');
    await world.emptyTarget('vanishing');
    writeFileSync(path.join(world.target('vanishing'), '..', 'vol_data.json'), '{"driverName":"connectors-csi"}');
    await world.stopDriver();
    mounter.beforeLooking = () => rmSync(path.join(world.target('vanishing'), '..'), { recursive: true, force: true });
    await world.startDriver();
    expect(await world.readyz()).toContain('[+]objects');
    expect(world.log).toContain('could not be removed');
  });

  it('unpublishes a volume whose first files are incomplete', async () => {
    await world.publish('half');
    rmSync(path.join(world.target('half'), '..data'));
    for (const name of await world.names('half')) {
      rmSync(path.join(world.target('half'), name));
    }
    expect(await world.unpublish('half')).toMatchObject({ code: 'OK' });
    expect(existsSync(world.target('half'))).toBe(false);
  });

  it('shows no part of the token in an event or the log when a template fails with it', async () => {
    withFile('{{ fail (trunc -40 .context.token) }}{{/* at every level */}}');
    const { message } = await untilRefused('loud');
    expect(message).toContain('depends on the token');
    for (const token of world.tokens) {
      expect(message + world.log).not.toContain(token.slice(-20));
    }
  });
});
