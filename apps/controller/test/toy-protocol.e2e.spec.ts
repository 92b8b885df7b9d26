import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConditionType, type Protocol } from '@oci-connector/connector-api';
import { aConnector, aConnectorClass, aSecret, crdsWithProtocol, eventually, TcpServer } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { type RunningController } from '../src/start-controller';
import { Cluster, startCluster, startReplica } from './controller-fixture';
import { toyProbes } from './toy/toy-probes';

const CRDS = join(__dirname, '../../../deploy/chart/crds');
const login = { username: 'ada', password: 'pw-fixture' };

/** The probes of a protocol are one folder, `toy/`, and one line in a registry. Nothing else in the controller refers to them. */
describe('the probes of a protocol that is added in one folder and one line', () => {
  let crds: string;
  let api: KubeApiServer;
  let cluster: Cluster;
  let server: TcpServer;
  let controller: RunningController;
  const lines: string[] = [];

  beforeAll(async () => {
    crds = crdsWithProtocol(CRDS, 'toy');
    server = await TcpServer.start((socket) =>
      socket.on('data', (data) => {
        const line = data.toString().trim();
        lines.push(line);
        socket.end(answerTo(line));
      }),
    );
    api = await startCluster({ crds: [crds] });
    cluster = new Cluster(api);
    controller = await startReplica(api, { options: { protocols: { toy: toyProbes } } });
    applyClass('toy', 'toy');
    cluster.apply(aSecret({ name: 'login', stringData: login }));
    cluster.apply(aSecret({ name: 'wrong', stringData: { ...login, password: 'other' } }));
  });

  beforeEach(() => {
    lines.splice(0);
  });

  afterAll(async () => {
    await controller.stop();
    await Promise.all([server.close(), api.close()]);
    rmSync(crds, { recursive: true });
  });

  function applyClass(name: string, protocol: string): void {
    const params = [
      { name: 'shelf', type: 'string' as const, default: 'top' },
      { name: 'colour', type: 'string' as const, default: 'red' },
    ];
    const authProbes = [{ authName: 'tokenAuth', probe: {}, params }];
    cluster.apply(aConnectorClass(name, { spec: { protocol: protocol as Protocol, authProbes } }));
  }

  function connect(name: string, secretName: string, params: Record<string, string> = {}, className = 'toy'): void {
    const given = Object.entries(params).map(([param, value]) => ({ name: param, value }));
    const auth = { name: 'tokenAuth', secretRef: { name: secretName }, params: given };
    cluster.apply(aConnector({ name, address: `http://127.0.0.1:${server.port}`, className, spec: { auth } }));
  }

  it('run for an empty probe of the class, with the defaults of the class', async () => {
    connect('toys', 'login');
    await cluster.untilCondition('toys', ConditionType.Ready, { status: 'True' });
    expect([...lines].sort()).toEqual(['LOGIN ada pw-fixture {"shelf":"top"}', 'PING']);
  });

  it('run again for a changed parameter of the Connector, but not for one that the probe does not read', async () => {
    connect('low', 'login', { shelf: 'low' });
    await cluster.untilCondition('low', ConditionType.Ready, { status: 'True' });
    connect('blue', 'login', { shelf: 'low', colour: 'blue' });
    await cluster.untilCondition('blue', ConditionType.Ready, { status: 'True' });
    expect(lines).toEqual(['LOGIN ada pw-fixture {"shelf":"low"}']);
  });

  it('report a refusal as a condition, and a forbidden address without sending a request', async () => {
    connect('refused', 'wrong');
    await cluster.untilCondition('refused', ConditionType.AuthReady, { status: 'False', reason: 'AuthenticationFailed' });
    const forbidden = aConnector({
      name: 'forbidden',
      address: 'http://169.254.169.254',
      className: 'toy',
      secretName: 'login',
    });
    cluster.apply(forbidden);
    await cluster.untilCondition('forbidden', ConditionType.LivenessReady, { status: 'False', reason: 'AddressNotAllowed' });
    await cluster.untilCondition('forbidden', ConditionType.AuthReady, { status: 'False', reason: 'AddressNotAllowed' });
  });

  it('are separate from the probes of another protocol at the same address', async () => {
    applyClass('images', 'oci');
    connect('images', 'login', {}, 'images');
    await cluster.untilCondition('images', ConditionType.LivenessReady, { status: 'False' });
    await eventually(() => lines.some((line) => line.startsWith('GET /v2/')), 'the request of the other protocol');
    expect(cluster.condition('toys', ConditionType.LivenessReady)?.status).toBe('True');
  });
});

function answerTo(line: string): string {
  if (line === 'PING') {
    return 'PONG\n';
  }
  return line.startsWith('LOGIN ada pw-fixture ') ? 'WELCOME\n' : 'NO\n';
}

describe('a protocol that this controller has no probes for', () => {
  it('is not probed with those of another protocol: the condition says what to do, and the server gets no connection', async () => {
    const crds = crdsWithProtocol(CRDS, 'newer');
    const server = await TcpServer.start();
    const api = await startCluster({ crds: [crds] });
    const cluster = new Cluster(api);
    const controller = await startReplica(api);
    try {
      cluster.apply(aConnectorClass('newer', { spec: { protocol: 'newer' as Protocol } }));
      cluster.apply(aSecret({ name: 'login', stringData: login }));
      cluster.apply(
        aConnector({
          name: 'early',
          address: `http://127.0.0.1:${server.port}`,
          className: 'newer',
          secretName: 'login',
        }),
      );
      const expected = { status: 'Unknown', reason: 'ProbeNotSupported' } as const;
      const { message } = await cluster.untilCondition('early', ConditionType.LivenessReady, expected);
      expect(message).toContain('protocol newer; nothing was checked: give the livenessProbe an http probe, or remove it');
      await cluster.untilCondition('early', ConditionType.AuthReady, expected);
      expect(server.connections).toBe(0);
    } finally {
      await controller.stop();
      await Promise.all([server.close(), api.close()]);
      rmSync(crds, { recursive: true });
    }
  });
});
