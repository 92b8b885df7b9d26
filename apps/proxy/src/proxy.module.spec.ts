import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { StaticCredential } from '@oci-connector/kube';
import { AdminHttpAdapter, createLogger, readProgramSettings, RuntimeModule, WORLD } from '@oci-connector/runtime';
import { Sensitive } from '@oci-connector/sensitive';
import { CapturedLog, ManualClock, readText, sendRequest, type TextResponse, until, untilPortsServed } from '@oci-connector/testing-kit';
import { type KubeApiServer, type ObjectLike, readInstallManifest, startKubeApi } from '@oci-connector/testing-kube-api';
import { createSigningAuthority } from '../test/signing-authority';
import { DataPlane } from './data-plane';
import { ProxySettings } from './proxy.config';
import { ProxyModule } from './proxy.module';

const WORKSPACE = join(__dirname, '../../..');
const NAMESPACE = 'connectors-system';
const SERVED = { host: '127.0.0.1', httpPort: 0, httpsPort: 0, adminHost: '127.0.0.1', adminPort: 0 };
const DRAIN_MS = 10_000;

/** Resolves when the program serves this number of ports. The embedded API server has one, too. */
const served = (ports: number): Promise<void> => untilPortsServed(1 + ports);

describe('ProxyModule', () => {
  let kube: KubeApiServer;
  let clock: ManualClock;
  let open: INestApplication | undefined;

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    kube = await startKubeApi({ crds: [join(WORKSPACE, 'deploy/chart/crds')], clock: () => clock.now() });
    kube.applyYaml(readInstallManifest(join(WORKSPACE, 'deploy/install.yaml')));
  });

  afterEach(async () => {
    // Still open only after a failed test.
    const closed = open?.close();
    clock.advance(DRAIN_MS);
    await closed;
    open = undefined;
    await kube.close();
  });

  /** Builds the program; only the world is replaced. */
  async function build(changes: Partial<ProxySettings> = {}): Promise<INestApplication> {
    const settings = Object.assign(new ProxySettings(), SERVED, changes);
    const logger = createLogger({ name: 'proxy', level: 'debug', destination: new CapturedLog() });
    const token = kube.issueToken({ namespace: NAMESPACE, name: 'connectors-proxy' });
    const connection = { server: kube.url, tls: {}, credential: StaticCredential.bearer(new Sensitive(token)) };
    const module = await Test.createTestingModule({
      imports: [RuntimeModule.forProgram({ name: 'connectors-proxy', settings, logger }), ProxyModule.register({ settings })],
    })
      .overrideProvider(WORLD)
      .useValue({ connection, installationCa: [], clock, hostname: 'pod-a' })
      .compile();
    open = module.createNestApplication(new AdminHttpAdapter(), { logger: false });
    return open;
  }

  const get = async (path: string): Promise<TextResponse> => readText(`${await open?.getUrl()}${path}`);

  async function applySecrets(): Promise<void> {
    const { certificate, key } = await createSigningAuthority();
    const secret = (name: string, data: Record<string, string | Buffer>): void => {
      const encoded = Object.entries(data).map(([entry, value]) => [entry, Buffer.from(value).toString('base64')]);
      const object: ObjectLike & Record<string, unknown> = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: NAMESPACE },
        data: Object.fromEntries(encoded) as object,
      };
      kube.apply(object);
    };
    secret('connectors-proxy-ca', { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': certificate });
    secret('connectors-proxy-sealing', { current: randomBytes(32) });
  }

  it('creates its providers without opening a port or sending a request', async () => {
    const app = await build();
    expect(app.get(DataPlane, { strict: false })).toBeInstanceOf(DataPlane);
    await served(0);
    expect({ asked: kube.requests.entries.length, timers: clock.timers }).toEqual({ asked: 0, timers: [] });
    await app.close();
    open = undefined;
  });

  it('serves clients before its admin port, is ready after it has read everything, drains before it stops, and leaves nothing open', async () => {
    const app = await build({ drainDelay: DRAIN_MS });
    const plane = app.get(DataPlane, { strict: false });

    await app.init();
    await served(2);
    const data = `http://127.0.0.1:${plane.httpPort}/v2/`;
    expect((await sendRequest(data)).status).toBe(401);

    await app.listen(0, '127.0.0.1');
    await served(3);
    expect(await get('/healthz')).toEqual({ status: 200, body: 'ok\n', type: 'text/plain; charset=utf-8' });
    await until(async () => (await get('/readyz')).body.includes('[+]connectors ok'));
    const unready = await get('/readyz');
    expect(unready.status).toBe(503);
    expect(unready.body).toContain('[-]certificates: the Secret connectors-proxy-ca has not been read yet\n');

    await applySecrets();
    await until(async () => {
      clock.advance(1_000);
      return (await get('/readyz')).status === 200;
    });
    expect((await get('/readyz')).body.split('\n').filter((line) => line !== '' && !line.startsWith('[+]'))).toEqual([]);
    const metrics = await get('/metrics');
    expect([metrics.status, metrics.type]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(metrics.body).toMatch(/^connectors_proxy_transfers_in_flight 0$/m);

    const admin = await app.getUrl();
    const closed = app.close();
    await until(async () => (await get('/readyz')).body.includes('[-]listeners: stopping'));
    expect((await sendRequest(data)).status).toBe(401);
    clock.advance(DRAIN_MS);
    await closed;
    open = undefined;
    for (const url of [data, `${admin}/healthz`]) {
      await expect(sendRequest(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
    await served(0);
    expect(clock.timers).toEqual([]);
  });

  it('does not start when files of its settings cannot be read, and reports all of them by their variables', async () => {
    const settings = Object.assign(new ProxySettings(), SERVED, { kubeconfig: '/nonexistent/kubeconfig', caBundle: '/nonexistent/bundle' });
    const logger = createLogger({ name: 'proxy', level: 'silent' });
    const imports = [RuntimeModule.forProgram({ name: 'connectors-proxy', settings, logger }), ProxyModule.register({ settings })];
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toMatchObject({
      code: 'ConfigurationInvalid',
      problems: [expect.stringMatching(/^OCI_CONNECTOR_KUBECONFIG: /), expect.stringMatching(/^OCI_CONNECTOR_CA_BUNDLE: /)],
    });
  });

  it('rejects invalid settings and names the variables', () => {
    const environment = { OCI_CONNECTOR_PROXY_HTTP_PORT: '70000', OCI_CONNECTOR_PROXY_GRACE: 'long', OCI_CONNECTOR_PROXY_VIA: 'a b' };
    const read = (): unknown => readProgramSettings({ name: 'connectors-proxy', settings: ProxySettings, environment });
    for (const name of Object.keys(environment)) {
      expect(read).toThrow(`${name}: `);
    }
  });
});
