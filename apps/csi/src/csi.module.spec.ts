import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { StaticCredential } from '@oci-connector/kube';
import { AdminHttpAdapter, createLogger, readProgramSettings, RuntimeModule, WORLD } from '@oci-connector/runtime';
import { Sensitive } from '@oci-connector/sensitive';
import { CapturedLog, ManualClock, readText, sendRequest, type TextResponse, until, untilPortsServed } from '@oci-connector/testing-kit';
import { type KubeApiServer, readInstallManifest, startKubeApi } from '@oci-connector/testing-kube-api';
import { CsiSettings } from './csi.config';
import { CsiModule } from './csi.module';
import { Driver } from './driver';

const WORKSPACE = join(__dirname, '../../..');

/** Resolves when the program serves this number of ports. The embedded API server has one, too. */
const served = (ports: number): Promise<void> => untilPortsServed(1 + ports);

describe('CsiModule', () => {
  let kube: KubeApiServer;
  let clock: ManualClock;
  let directory: string;
  let open: INestApplication | undefined;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'csi-module-'));
    clock = new ManualClock(Date.now());
    kube = await startKubeApi({ crds: [join(WORKSPACE, 'deploy/chart/crds')], clock: () => clock.now() });
    kube.applyYaml(readInstallManifest(join(WORKSPACE, 'deploy/install.yaml')));
  });

  afterEach(async () => {
    // Still open only after a failed test.
    await open?.close();
    open = undefined;
    await kube.close();
    rmSync(directory, { recursive: true });
  });

  const settingsOf = (changes: Partial<CsiSettings> = {}): CsiSettings =>
    Object.assign(new CsiSettings(), {
      adminHost: '127.0.0.1',
      adminPort: 0,
      mount: 'directory',
      nodeName: 'node1',
      kubeletDirectory: directory,
      ...changes,
    });

  /** Builds the program; only the world is replaced. */
  async function build(changes: Partial<CsiSettings> = {}): Promise<INestApplication> {
    const settings = settingsOf(changes);
    const logger = createLogger({ name: 'csi', level: 'debug', destination: new CapturedLog() });
    const token = kube.issueToken({ namespace: 'connectors-system', name: 'connectors-csi' });
    const connection = { server: kube.url, tls: {}, credential: StaticCredential.bearer(new Sensitive(token)) };
    const module = await Test.createTestingModule({
      imports: [RuntimeModule.forProgram({ name: 'connectors-csi', settings, logger }), CsiModule.register({ settings })],
    })
      .overrideProvider(WORLD)
      .useValue({ connection, installationCa: [], clock, hostname: 'pod-a' })
      .compile();
    open = module.createNestApplication(new AdminHttpAdapter(), { logger: false });
    return open;
  }

  const get = async (path: string): Promise<TextResponse> => readText(`${await open?.getUrl()}${path}`);

  it('creates its providers without opening a port or a socket, or sending a request', async () => {
    const app = await build();
    expect(app.get(Driver, { strict: false })).toBeInstanceOf(Driver);
    await served(0);
    expect({ asked: kube.requests.entries.length, timers: clock.timers }).toEqual({ asked: 0, timers: [] });
  });

  it('serves the kubelet before its admin port, reports what it waits for, and leaves nothing open', async () => {
    const app = await build();
    const sockets = [join(directory, 'plugins/connectors-csi/csi.sock'), join(directory, 'plugins_registry/connectors-csi-reg.sock')];
    await app.init();
    await served(0);
    expect(sockets.map((socket) => existsSync(socket))).toEqual([true, true]);

    await app.listen(0, '127.0.0.1');
    await served(1);
    expect(await get('/healthz')).toEqual({ status: 200, body: 'ok\n', type: 'text/plain; charset=utf-8' });
    await until(async () => (await get('/readyz')).body.includes('[+]objects ok\n[+]socket ok\n[-]registration: '));
    expect((await get('/readyz')).status).toBe(503);
    const metrics = await get('/metrics');
    expect([metrics.status, metrics.type]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(metrics.body).toMatch(/^connectors_csi_volumes_mounted 0$/m);

    const admin = await app.getUrl();
    await app.close();
    open = undefined;
    await expect(sendRequest(`${admin}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await served(0);
    expect({ sockets: sockets.map((socket) => existsSync(socket)), timers: clock.timers }).toEqual({ sockets: [false, false], timers: [] });
  });

  it('is ready without the kubelet when it does not register itself', async () => {
    await (await build({ registrationDirectory: 'none' })).listen(0, '127.0.0.1');
    await until(async () => (await get('/readyz')).status === 200);
    expect((await get('/readyz')).body).toBe('[+]objects ok\n[+]socket ok\n');
  });

  it('does not start when paths of its settings cannot be used, reports them by their variables, and leaves nothing open', async () => {
    const settings = settingsOf({ kubeconfig: '/nonexistent/kubeconfig' });
    const logger = createLogger({ name: 'csi', level: 'silent' });
    const imports = [RuntimeModule.forProgram({ name: 'connectors-csi', settings, logger }), CsiModule.register({ settings })];
    const refused = { code: 'ConfigurationInvalid' };
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toMatchObject({
      ...refused,
      problems: [expect.stringMatching(/^OCI_CONNECTOR_KUBECONFIG: /)],
    });
    const app = await build({ kubeletDirectory: join(directory, 'absent'), socket: join(directory, 'csi.sock') });
    await expect(app.listen(0, '127.0.0.1')).rejects.toMatchObject({
      ...refused,
      problems: [expect.stringMatching(/^OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: /)],
    });
    await app.close();
    open = undefined;
    await served(0);
    expect(clock.timers).toEqual([]);
  });

  it('rejects invalid settings and names the variables', () => {
    const environment = { OCI_CONNECTOR_CSI_VOLUME_SIZE: '1', OCI_CONNECTOR_CSI_SOCKET: 'here', OCI_CONNECTOR_CSI_MOUNT: 'nfs' };
    const read = (): unknown => readProgramSettings({ name: 'connectors-csi', settings: CsiSettings, environment });
    for (const name of Object.keys(environment)) {
      expect(read).toThrow(`${name}: `);
    }
  });
});
