import { rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { API_GROUP_VERSION } from '@oci-connector/connector-api';
import { until } from '@oci-connector/testing-kit';
import { DirectoryMounter } from '../src/mount/directory-mounter';
import { CONNECTORS, CsiWorld, type VolumeOptions } from './csi-world';
import { partsTold } from './parts-told';

const TOKENS = 'csi.storage.k8s.io/serviceAccount.tokens';

describe('publishing a volume that is published', () => {
  let world: CsiWorld;

  beforeEach(async () => {
    world = await CsiWorld.start();
  });

  afterEach(async () => {
    // No token is in the log, whatever failed in a test.
    expect(world.tokens.filter((token) => world.log.includes(token.slice(-40)))).toEqual([]);
    await world.close();
  });

  const kept = (): Promise<number> => world.metric('connectors_csi_republishes_total{outcome="kept"}');
  const lastCall = (): Record<string, unknown> | undefined => world.calls.at(-1);

  it('sends no review and writes no file while nothing changes', async () => {
    const token = world.token();
    await world.publish('quiet', { token });
    const set = await world.currentSet('quiet');
    world.clock.jump(60_000);
    const requests = world.kube.requests.count({ verb: 'create' });
    for (let times = 0; times < 3; times += 1) {
      expect(await world.publish('quiet', { token })).toMatchObject({ code: 'OK' });
    }
    expect(await world.currentSet('quiet')).toBe(set);
    expect(world.kube.requests.count({ verb: 'create' })).toBe(requests);
    expect(lastCall()).toMatchObject({ level: 'debug', outcome: 'unchanged' });
  });

  it('replaces the files when the token is new', async () => {
    await world.publish('fresh');
    const set = await world.currentSet('fresh');
    const token = world.token();
    expect(await world.publish('fresh', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('fresh', 'context.token')).toBe(token);
    expect(await world.currentSet('fresh')).not.toBe(set);
    expect(lastCall()).toMatchObject({ outcome: 'swapped' });
    expect(await world.metric('connectors_csi_republishes_total{outcome="swapped"}')).toBe(1);
  });

  it('follows changes of the class, the CA and the Connector', async () => {
    await world.publish('follower');
    world.applyClass('files', { configurations: [{ name: 'static', data: { 'static.conf': 'second' } }] });
    await world.untilRepublished('follower', 'static.conf', 'second');
    const certificate = await world.renewCa();
    await until(async () => {
      await world.publish('follower');
      return (await world.read('follower', 'ca.crt')).trim() === certificate.trim();
    });
    world.applyClass('others', { configurations: [{ name: 'static', data: { 'other.conf': 'of another class' } }] });
    world.connect('hub', { className: 'others' });
    await until(async () => {
      await world.publish('follower');
      return (await world.names('follower')).includes('other.conf');
    });
    expect(await world.names('follower')).not.toContain('static.conf');
  });

  it('writes no file when only the status of an object changed', async () => {
    const token = world.token();
    await world.publish('status', { token });
    const set = await world.currentSet('status');
    const requests = world.kube.requests.count({ resource: 'subjectaccessreviews' });
    world.clock.jump(60_000);
    const address = { apiVersion: API_GROUP_VERSION, kind: 'Connector', name: 'hub', namespace: CONNECTORS };
    const { status } = world.kube.get(address) as unknown as { status: object };
    world.kube.applyStatus(address, { ...status, conditions: [{ type: 'Ready', status: 'True' }] });
    await until(async () => {
      await world.publish('status', { token });
      return world.kube.requests.count({ resource: 'subjectaccessreviews' }) > requests;
    });
    expect(lastCall()).toMatchObject({ outcome: 'unchanged' });
    expect(await world.currentSet('status')).toBe(set);
  });

  it('refreshes the token of a volume whose Connector was deleted, also after a restart', async () => {
    await world.publish('orphan');
    world.disconnect('hub');
    await until(async () => {
      await world.publish('orphan');
      return lastCall()?.['reasons'] !== undefined;
    });
    expect(lastCall()).toMatchObject({ level: 'warn', reasons: ['ConnectorNotFound'], outcome: 'swapped', code: 'OK' });
    await world.stopDriver();
    await world.startDriver();
    const token = world.token();
    expect(await world.publish('orphan', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('orphan', 'context.token')).toBe(token);
    expect(await world.read('orphan', 'static.conf')).toBe('first');
    expect(await world.metric('connectors_csi_problems_total{reason="ConnectorNotFound"}')).toBe(1);
  });

  it('stores the inputs of files outside the volume, and removes them with it', async () => {
    await world.publish('private');
    const everything = [...(await world.keptInputs())];
    expect(everything).toEqual([[expect.any(String), expect.stringContaining('"caCertificates"')]]);
    expect(statSync(everything[0]?.[0] ?? '').mode & 0o777).toBe(0o600);
    expect((await readdir(await world.currentSet('private'))).filter((name) => name.startsWith('..'))).toEqual([]);
    expect(everything[0]?.[1]).not.toContain(world.tokens[0]);
    await world.unpublish('private');
    expect(await world.keptInputs()).toEqual(new Map());
  });

  it('leaves a target unchanged that another process unmounted, and reports it', async () => {
    class LosableMounter extends DirectoryMounter {
      override readonly canBeLost = true;
    }
    await world.close();
    world = await CsiWorld.start({ mounter: new LosableMounter() });
    await world.publish('taken');
    for (const name of await readdir(world.target('taken'))) {
      rmSync(path.join(world.target('taken'), name), { recursive: true });
    }
    expect(await world.publish('taken')).toMatchObject({ code: 'OK' });
    expect(lastCall()).toMatchObject({ level: 'warn', reasons: ['Unmounted'], outcome: 'kept' });
    expect(await readdir(world.target('taken'))).toEqual([]);
    expect(await world.unpublish('taken')).toMatchObject({ code: 'OK' });
    expect(await world.publish('taken')).toMatchObject({ code: 'OK' });
    expect(await world.names('taken')).toContain('context.token');
  });

  it('gives a pod nothing new about a Connector that it may no longer use, and refreshes its token', async () => {
    await world.publish('revoked');
    world.unbind('ci');
    world.applyClass('files', { configurations: [{ name: 'static', data: { 'static.conf': 'not for ci' } }] });
    await until(async () => {
      // A volume with permission already has the new class.
      world.bind('stranger', 'connectors-puller');
      await world.publish('other', { serviceAccount: 'stranger' });
      return (await world.read('other', 'static.conf').catch(() => '')) === 'not for ci';
    });
    const token = world.token();
    expect(await world.publish('revoked', { token })).toMatchObject({ code: 'OK' });
    expect(lastCall()).toMatchObject({ reasons: ['AccessDenied'], code: 'OK' });
    expect(await world.read('revoked', 'static.conf')).toBe('first');
    expect(await world.read('revoked', 'context.token')).toBe(token);
    world.bind('ci', 'connectors-puller');
    world.clock.jump(11_000);
    await world.untilRepublished('revoked', 'static.conf', 'not for ci', { token });
  });

  it.each([
    ['is deleted', undefined],
    ['is empty', {}],
    ['contains no certificate', { 'ca.crt': 'nonsense' }],
    ['contains a damaged certificate', { 'ca.crt': '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n' }],
  ])('keeps the earlier CA and refreshes the token while the ConfigMap %s', async (_what, data) => {
    await world.publish('uncertain');
    const certificates = await world.read('uncertain', 'ca.crt');
    const trusted = await world.read('uncertain', 'ca-bundle.crt');
    world.publishCa(data);
    await until(async () => {
      await world.publish('uncertain');
      return lastCall()?.['reasons'] !== undefined;
    });
    const token = world.token();
    expect(await world.publish('uncertain', { token })).toMatchObject({ code: 'OK' });
    expect(lastCall()).toMatchObject({ outcome: 'swapped', reasons: ['CertificateAuthorityMissing'] });
    expect(await world.read('uncertain', 'context.token')).toBe(token);
    expect(await world.read('uncertain', 'ca.crt')).toBe(certificates);
    expect(await world.read('uncertain', 'ca-bundle.crt')).toBe(trusted);
    expect(await world.publish('new')).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/check that the controller is running \(CertificateAuthorityMissing\)$/) as string,
    });
  });

  it('keeps the earlier configuration when the class no longer has it', async () => {
    await world.publish('broken');
    world.applyClass('files', { configurations: [] });
    await until(async () => {
      await world.publish('broken');
      return lastCall()?.['reasons'] !== undefined;
    });
    const token = world.token();
    expect(await world.publish('broken', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('broken', 'static.conf')).toBe('first');
    expect(await world.read('broken', 'context.token')).toBe(token);
    const certificate = await world.renewCa();
    await until(async () => {
      await world.publish('broken', { token });
      return (await world.read('broken', 'ca.crt')).trim() === certificate.trim();
    });
    expect(lastCall()).toMatchObject({ reasons: ['ConfigurationNotFound'] });
  });

  it('keeps the earlier template, without revealing the token, when a new one fails with it', async () => {
    await world.publish('telling');
    world.applyClass('files', { configurations: [{ name: 'static', data: { 'static.conf': '{{ fail (trunc 400 .context.token) }}' } }] });
    const token = world.token();
    await until(async () => {
      expect(await world.publish('telling', { token })).toMatchObject({ code: 'OK' });
      return lastCall()?.['reasons'] !== undefined;
    });
    expect(lastCall()).toMatchObject({ level: 'warn', reasons: ['TemplateFailed'] });
    expect(await world.read('telling', 'context.token')).toBe(token);
    expect(await world.read('telling', 'static.conf')).toBe('first');
    expect(partsTold(world.log, token)).toEqual([]);
  });

  it.each<[string, unknown, VolumeOptions]>([
    ['there is no token', 'TokenUnusable', { request: { secrets: {} } }],
    ['the token is malformed', 'TokenUnusable', { token: 'x.y.z' }],
    ['the tokens are not JSON', 'TokenUnusable', { request: { secrets: { [TOKENS]: '{' } } }],
    ['an attribute is wrong', 'AttributesInvalid', { attributes: { connectors: '!', 'token.expiration': 'x' } }],
    ['an attribute is unknown', 'AttributesInvalid', { attributes: { connectors: 'platform/hub', other: 'x' } }],
    ['the volume is not read-only', 'AttributesInvalid', { request: { readonly: false } }],
    ['the capability is missing', 'RequestInvalid', { request: { volume_capability: null } }],
    ['the pod is missing', 'RequestInvalid', { context: { 'csi.storage.k8s.io/pod.namespace': undefined } }],
    ['the attributes name a Connector that does not exist', 'ConnectorNotFound', { attributes: { connectors: 'platform/absent' } }],
    [
      'the attributes name a configuration that no class has',
      expect.any(String),
      { attributes: { connectors: 'platform/hub', 'configuration.names': 'absent' } },
    ],
  ])('answers OK and keeps the files when %s', async (_what, reason, options) => {
    const token = world.token();
    await world.publish('steady', { token });
    const set = await world.currentSet('steady');
    expect(await world.publish('steady', { token, ...options })).toMatchObject({ code: 'OK' });
    expect(lastCall()).toMatchObject({ level: 'warn', outcome: 'kept', reasons: [reason] });
    expect(await kept()).toBe(1);
    expect(await world.currentSet('steady')).toBe(set);
    expect(await world.read('steady', 'context.token')).toBe(token);
    expect(await world.publish('steady', { token })).toMatchObject({ code: 'OK' });
    expect(lastCall()).toMatchObject({ outcome: 'unchanged' });
  });

  it('answers OK and keeps the files while the API server is down', async () => {
    const token = world.token();
    await world.publish('cut', { token });
    const set = await world.currentSet('cut');
    await world.kube.faults.refuseConnections();
    world.clock.jump(6 * 60_000);
    expect(await world.publish('cut', { token })).toMatchObject({ code: 'OK' });
    expect(await world.currentSet('cut')).toBe(set);
    const fresh = world.token();
    expect(await world.publish('cut', { token: fresh })).toMatchObject({ code: 'OK' });
    expect(await world.read('cut', 'context.token')).toBe(fresh);
    expect(lastCall()).toMatchObject({ reasons: ['ReviewUnavailable'], outcome: 'swapped' });
    await world.kube.faults.acceptConnections();
  });

  it('answers OK and keeps the files when the driver starts while the API server is down', async () => {
    const token = world.token();
    await world.publish('cut', { token });
    const set = await world.currentSet('cut');
    await world.stopDriver();
    await world.kube.faults.refuseConnections();
    await world.startDriver({ waitUntilReady: false });
    expect(await world.publish('cut', { token })).toMatchObject({ code: 'OK' });
    expect(await world.currentSet('cut')).toBe(set);
    expect(lastCall()).toMatchObject({ outcome: 'kept', reasons: expect.arrayContaining(['NotReady']) as string[] });
    expect(await world.publish('new', { token })).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('the API server cannot be reached') as string,
    });
    expect(await world.readyz()).toContain('[-]objects');
    await world.kube.faults.acceptConnections();
  });

  it('writes the files again when the volume was emptied', async () => {
    await world.publish('emptied');
    await world.emptyTarget('emptied');
    const token = world.token();
    expect(await world.publish('emptied', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('emptied', 'context.token')).toBe(token);
  });

  it('answers OK and repairs the files when they were damaged', async () => {
    const token = world.token();
    await world.publish('damaged', { token });
    rmSync(path.join(await world.currentSet('damaged'), 'static.conf'));
    for (const file of (await world.keptInputs()).keys()) {
      writeFileSync(file, '{"half');
    }
    const fresh = world.token();
    expect(await world.publish('damaged', { token: fresh })).toMatchObject({ code: 'OK' });
    expect(await world.read('damaged', 'static.conf')).toBe('first');
    expect(await world.read('damaged', 'context.token')).toBe(fresh);
  });

  it('shows only whole tokens to a pod that reads continuously, over three replacements', async () => {
    await world.publish('reader');
    let done = false;
    const seen = new Set<string>();
    const read = async (): Promise<void> => {
      while (!done) {
        await new Promise(setImmediate);
        const token = await world.read('reader', 'context.token');
        expect(world.tokens).toContain(token);
        seen.add(token);
      }
    };
    const reader = read();
    for (let exchange = 0; exchange < 3; exchange += 1) {
      const token = world.token();
      expect(await world.publish('reader', { token })).toMatchObject({ code: 'OK' });
      await until(() => seen.has(token));
    }
    done = true;
    await reader;
    expect(seen.size).toBeGreaterThanOrEqual(3);
  });
});
