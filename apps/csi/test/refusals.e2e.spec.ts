import { existsSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { until } from '@oci-connector/testing-kit';
import { NodeProtocol } from '../src/rpc/protocols';
import { type CallResult, CONNECTORS, CsiWorld, PODS, type VolumeOptions } from './csi-world';
import { partsTold } from './parts-told';

describe('refusing a volume', () => {
  let world: CsiWorld;

  beforeAll(async () => {
    world = await CsiWorld.start();
  });

  afterAll(() => world.close());

  /** Publishes a volume and expects an error that leaves nothing behind. */
  async function refused(options: VolumeOptions): Promise<CallResult> {
    const result = await world.publish('refused', options);
    expect(result.code).not.toBe('OK');
    expect(existsSync(world.target('refused'))).toBe(false);
    return result;
  }

  let telltales = 0;

  const POD_INFO = 'csi.storage.k8s.io/';

  it.each<[string, VolumeOptions, string]>([
    ['no volume_id', { request: { volume_id: '' } }, 'volume_id is required'],
    ['a volume_id that is too long', { request: { volume_id: 'x'.repeat(129) } }, 'at most 128 bytes'],
    ['no target_path', { request: { target_path: '' } }, 'target_path must be'],
    ['a target elsewhere', { request: { target_path: '/etc/refused' } }, 'target_path must be a normal, absolute path below'],
    ['a target that climbs', { request: { target_path: '/../../etc' } }, 'target_path must be'],
    ['no volume_capability', { request: { volume_capability: null } }, 'volume_capability with access type mount is required'],
    ['a block volume', { request: { volume_capability: { block: {} } } }, 'volume_capability with access type mount is required'],
    ['a group that is not an ID', { group: 'staff' }, 'volume_mount_group is not a group ID'],
    ['a volume that is not ephemeral', { context: { [`${POD_INFO}ephemeral`]: 'false' } }, 'only ephemeral inline volumes'],
    ['no pod', { context: { [`${POD_INFO}pod.name`]: undefined } }, `lacks ${POD_INFO}pod.name`],
    ['a volume that is not read-only', { request: { readonly: false } }, 'readOnly: must be true'],
    [
      'an unknown attribute',
      { attributes: { connectors: 'platform/hub', conectors: 'x' } },
      'conectors: is not an attribute of this driver',
    ],
    ['no connector', { attributes: {} }, 'connectors: is required'],
    ['a connector that is a path', { attributes: { connectors: '../../../etc' } }, 'connectors: "../../../etc" is not NAME'],
    [
      'an excluded file that is a path',
      { attributes: { connectors: 'platform/hub', 'configuration.names': '!../x' } },
      'configuration.names',
    ],
  ])('for %s', async (_what, options, message) => {
    expect(await refused(options)).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) as string });
  });

  it('ends each message with the code, however long the message is', async () => {
    const { message } = await refused({
      attributes: Object.fromEntries(Array.from({ length: 40 }, (_item, index) => [`${index}${'x'.repeat(200)}`, ''])),
    });
    expect(message).toMatch(/^the volume of driver .* \(AttributesInvalid\)$/);
  });

  it('reports all problems of the attributes together', async () => {
    const attributes = { conectors: 'hub', 'token.expiration': '1m' };
    const { message } = await refused({ attributes, request: { readonly: false } });
    for (const part of ['readOnly:', 'conectors:', 'connectors:', 'token.expiration:']) {
      expect(message).toContain(part);
    }
  });

  it.each<[string, () => VolumeOptions]>([
    ['there is no token', () => ({ request: { secrets: {} } })],
    [
      'it is for another audience',
      () => ({ request: { secrets: { [`${POD_INFO}serviceAccount.tokens`]: world.tokensOf(world.token(), 'other') } } }),
    ],
    ['it is not JSON', () => ({ request: { secrets: { [`${POD_INFO}serviceAccount.tokens`]: 'secret-nonsense' } } })],
    ['it is not a token', () => ({ token: 'secret-nonsense' })],
    ['it belongs to another ServiceAccount', () => ({ token: world.token('stranger') })],
    ['its claims have another audience', () => ({ token: world.token('ci', { audiences: ['other'] }) })],
  ])('when %s', async (_what, options) => {
    const { code, message } = await refused(options());
    expect(code).toBe('FAILED_PRECONDITION');
    expect(message).not.toContain('secret-nonsense');
    expect(message).toMatch(/token/i);
  });

  it('names CSIDriver.spec.tokenRequests when the kubelet sends no token', async () => {
    expect((await refused({ request: { secrets: {} } })).message).toContain(
      'no token for the audience "connectors-proxy"; CSIDriver.spec.tokenRequests of connectors-csi must contain it',
    );
  });

  it('for a ServiceAccount without permission, and names the role to bind', async () => {
    const result = await refused({ serviceAccount: 'stranger' });
    expect(result.code).toBe('PERMISSION_DENIED');
    expect(result.message).toBe(
      `ServiceAccount ${PODS}/stranger may not use Connector ${CONNECTORS}/hub: bind ClusterRole connectors-puller (pull) or connectors-pusher (push and pull) in namespace ${CONNECTORS}, ` +
        `e.g. kubectl create rolebinding ${PODS}-stranger-connectors-puller --namespace=${CONNECTORS} --clusterrole=connectors-puller --serviceaccount=${PODS}:stranger (AccessDenied)`,
    );
  });

  it('for a Connector without its namespace, and says how to name it', async () => {
    const attributes = { connectors: 'hub' };
    expect((await refused({ serviceAccount: 'stranger', attributes })).message).toContain(
      `may not use Connector ${PODS}/hub of the pod's own namespace (a Connector of another one is written NAMESPACE/NAME in "connectors"): bind`,
    );
  });

  it('reveals whether a Connector exists only to a client with permission', async () => {
    const attributes = { connectors: `${CONNECTORS}/absent` };
    expect(await refused({ serviceAccount: 'stranger', attributes })).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await refused({ attributes })).toMatchObject({
      code: 'NOT_FOUND',
      message: `connector "${CONNECTORS}/absent" not found; correct "connectors" of the volume, or create the Connector (ConnectorNotFound)`,
    });
  });

  it('for a Connector whose class does not exist, and says what to correct', async () => {
    world.connect('classless', { className: 'absent' });
    const attributes = { connectors: `${CONNECTORS}/classless` };
    await until(async () => (await refused({ attributes })).message.includes('ConnectorClass'));
    expect(await refused({ attributes })).toMatchObject({
      code: 'NOT_FOUND',
      message: `Connector ${CONNECTORS}/classless is of ConnectorClass "absent", which does not exist; create the class, or correct spec.connectorClassName of the Connector (ClassNotFound)`,
    });
  });

  it('names all Connectors that may not be used', async () => {
    const { message } = await refused({ serviceAccount: 'stranger', attributes: { connectors: `${CONNECTORS}/hub,${CONNECTORS}/absent` } });
    expect(message).toContain(`Connector ${CONNECTORS}/hub:`);
    expect(message).toContain(`Connector ${CONNECTORS}/absent:`);
  });

  it('for a configuration that no class has', async () => {
    const attributes = { connectors: `${CONNECTORS}/hub`, 'configuration.names': 'absent' };
    expect(await refused({ attributes })).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('absent') as string,
    });
  });

  it.each([
    ['whole', '{{ fail .context.token }}'],
    ['in part', '{{ fail (trunc -100 .context.token) }}'],
    ['encoded', '{{ fail (printf "connectors:%s" .context.token | b64enc) }}'],
    ['with more than a message has', '{{ fail (repeat 9 .context.token) }}'],
    ['only if it is one', '{{ if contains "eyJ" .context.token }}{{ fail .context.token }}{{ end }}'],
    ['in an error of a function', '{{ template "x" (mustFromJson .context.token) }}{{ define "x" }}{{ end }}'],
  ])('for a template that fails with the token %s, without revealing it', async (_how, template) => {
    const name = `telltale-${telltales++}`;
    world.applyClass(name, { configurations: [{ name: 'tell', data: { 'tell.conf': template } }] });
    world.connect(name, { className: name });
    const token = world.token();
    const attributes = { connectors: `${CONNECTORS}/${name}`, 'configuration.names': 'tell' };
    await until(async () => (await refused({ attributes, token })).code === 'FAILED_PRECONDITION');
    const { message } = await refused({ attributes, token });
    expect(message).toContain(`class "${name}", configuration "tell", file "tell.conf"`);
    expect(partsTold(message, token)).toEqual([]);
    expect(partsTold(world.log, token)).toEqual([]);
  });

  it('for a target that is reached through a link', async () => {
    const volumes = path.join(world.kubeletDirectory, 'pods', 'linked', 'volumes');
    await mkdir(volumes, { recursive: true });
    await mkdir(path.join(world.kubeletDirectory, 'victim'));
    symlinkSync(path.join(world.kubeletDirectory, 'victim'), path.join(volumes, 'kubernetes.io~csi'));
    const target = path.join(volumes, 'kubernetes.io~csi', 'mount');
    expect(await world.publish('refused', { request: { target_path: target } })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'target_path must not lead through a symbolic link or a file (TargetRefused)',
    });
    expect(existsSync(path.join(world.kubeletDirectory, 'victim', 'mount'))).toBe(false);
    expect(await world.call(NodeProtocol, 'NodeUnpublishVolume', { volume_id: 'x', target_path: target })).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it.each([
    { volume_id: '', target_path: '/x' },
    { volume_id: 'x', target_path: '' },
  ])('for an unpublish like %j', async (request) => {
    expect(await world.call(NodeProtocol, 'NodeUnpublishVolume', request)).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('counts refusals by reason', async () => {
    const before = await world.metric('connectors_csi_problems_total{reason="AccessDenied"}');
    await refused({ serviceAccount: 'stranger' });
    expect(await world.metric('connectors_csi_problems_total{reason="AccessDenied"}')).toBe(before + 1);
  });

  it('logs no token, even at level debug', () => {
    expect(world.tokens.filter((token) => world.log.includes(token.slice(-40)))).toEqual([]);
    expect(world.log).not.toContain('secret-nonsense');
  });
});
