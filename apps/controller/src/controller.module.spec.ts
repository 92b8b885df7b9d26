import { type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AdminHttpAdapter, createLogger, readProgramSettings, RuntimeModule, WORLD } from '@oci-connector/runtime';
import { CapturedLog, ManualClock, readText, sendRequest, type TextResponse, until, untilPortsServed } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { Cluster, controllerConnection, startCluster } from '../test/controller-fixture';
import { ControllerSettings } from './controller.config';
import { ControllerModule } from './controller.module';
import { Replica } from './replica';

const SERVED = { adminHost: '127.0.0.1', adminPort: 0 };

/** Resolves when the program serves this number of ports. The embedded API server has one, too. */
const served = (ports: number): Promise<void> => untilPortsServed(1 + ports);

describe('ControllerModule', () => {
  let kube: KubeApiServer;
  let clock: ManualClock;
  let open: INestApplication | undefined;

  beforeEach(async () => {
    clock = new ManualClock(Date.now());
    kube = await startCluster({ clock: () => clock.now() });
  });

  afterEach(async () => {
    // Still open only after a failed test.
    await open?.close();
    open = undefined;
    await kube.close();
  });

  /** Builds the program; only the world is replaced. */
  async function build(): Promise<INestApplication> {
    const settings = Object.assign(new ControllerSettings(), SERVED);
    const logger = createLogger({ name: 'controller', level: 'debug', destination: new CapturedLog() });
    const module = await Test.createTestingModule({
      imports: [
        RuntimeModule.forProgram({ name: 'connectors-controller', settings, logger }),
        ControllerModule.register({ settings, random: () => 0.5 }),
      ],
    })
      .overrideProvider(WORLD)
      .useValue({ connection: controllerConnection(kube), installationCa: [], clock, hostname: 'pod-a' })
      .compile();
    open = module.createNestApplication(new AdminHttpAdapter(), { logger: false });
    return open;
  }

  const get = async (path: string): Promise<TextResponse> => readText(`${await open?.getUrl()}${path}`);

  const holder = (): unknown => {
    const lease = new Cluster(kube).get<{ spec: { holderIdentity?: string } }>('Lease', 'connectors-controller', 'connectors-system');
    return lease?.spec.holderIdentity;
  };

  it('creates its providers without opening a port or sending a request', async () => {
    const app = await build();
    expect(app.get(Replica, { strict: false }).isLeader).toBe(false);
    await served(0);
    expect({ asked: kube.requests.entries.length, timers: clock.timers }).toEqual({ asked: 0, timers: [] });
  });

  it('watches and leads from its start, is ready after the first lists, releases its Lease, and leaves nothing open', async () => {
    const app = await build();
    const replica = app.get(Replica, { strict: false });
    await app.init();
    await until(() => replica.isLeader);
    await served(0);

    await app.listen(0, '127.0.0.1');
    await served(1);
    expect(await get('/healthz')).toEqual({ status: 200, body: 'ok\n', type: 'text/plain; charset=utf-8' });
    await until(async () => (await get('/readyz')).status === 200);
    expect((await get('/readyz')).body).toBe('[+]watches ok\n');
    const metrics = await get('/metrics');
    expect([metrics.status, metrics.type]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(metrics.body).toMatch(/^connectors_controller_leader 1$/m);
    expect(holder()).toMatch(/^pod-a-[0-9a-f]{8}$/);

    const admin = await app.getUrl();
    await app.close();
    open = undefined;
    expect({ leads: replica.isLeader, holder: holder() ?? '' }).toEqual({ leads: false, holder: '' });
    await expect(sendRequest(`${admin}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await served(0);
    expect(clock.timers).toEqual([]);
  });

  it('does not start when files of its settings cannot be read, and reports all of them by their variables', async () => {
    const settings = Object.assign(new ControllerSettings(), SERVED, {
      kubeconfig: '/nonexistent/kubeconfig',
      caBundle: '/nonexistent/bundle',
    });
    const logger = createLogger({ name: 'controller', level: 'silent' });
    const imports = [
      RuntimeModule.forProgram({ name: 'connectors-controller', settings, logger }),
      ControllerModule.register({ settings }),
    ];
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toMatchObject({
      code: 'ConfigurationInvalid',
      problems: [expect.stringMatching(/^OCI_CONNECTOR_KUBECONFIG: /), expect.stringMatching(/^OCI_CONNECTOR_CA_BUNDLE: /)],
    });
  });

  it('rejects invalid settings and names the variables', () => {
    const environment = { OCI_CONNECTOR_ADMIN_PORT: '70000', OCI_CONNECTOR_CONTROLLER_LEASE_DURATION: '1s' };
    const read = (): unknown => readProgramSettings({ name: 'connectors-controller', settings: ControllerSettings, environment });
    for (const name of Object.keys(environment)) {
      expect(read).toThrow(`${name}: `);
    }
  });
});
