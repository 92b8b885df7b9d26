import { type Clock } from '@oci-connector/clock';
import { JumpingClock } from '@oci-connector/testing-kit';
import { type CommandRun, runCommand } from '../test/captured-world';
import { useKubeApi } from '../test/test-worlds';

const SYSTEM = 'oci-system';

describe('connectors clean-up', () => {
  const api = useKubeApi();

  const cleanUp = (args: readonly string[] = [], clock?: Clock): Promise<CommandRun> =>
    runCommand(['clean-up', ...api.kubeconfig(), ...args], {
      environment: { OCI_CONNECTOR_NAMESPACE: SYSTEM },
      clock,
    });

  interface Named {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly namespace: string; readonly name: string };
  }

  const object = (apiVersion: string, kind: string, name: string, namespace = SYSTEM): Named => ({
    apiVersion,
    kind,
    metadata: { namespace, name },
  });

  const created = [
    object('v1', 'Secret', 'connectors-proxy-ca'),
    object('v1', 'Secret', 'connectors-proxy-sealing'),
    object('v1', 'ConfigMap', 'connectors-proxy-ca'),
    object('coordination.k8s.io/v1', 'Lease', 'connectors-controller'),
  ];
  const others = [
    object('v1', 'Secret', 'connectors-proxy-ca', 'elsewhere'),
    object('v1', 'Secret', 'other'),
    object('v1', 'ConfigMap', 'registry-ca'),
  ];

  const exists = ({ apiVersion, kind, metadata: { namespace, name } }: Named): boolean =>
    api.server.get({ apiVersion, kind, namespace, name }) !== undefined;

  it('deletes what the programs have created, and nothing else', async () => {
    [SYSTEM, 'elsewhere'].forEach((name) => api.server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    [...created, ...others].forEach((one) => api.server.apply(one));
    const { status, stdout } = await cleanUp();
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual(created.map(({ kind, metadata }) => `deleted ${kind} ${SYSTEM}/${metadata.name}`));
    expect(created.map(exists)).toEqual(created.map(() => false));
    expect(others.map(exists)).toEqual(others.map(() => true));
  });

  describe('while a controller leads', () => {
    const clock = new JumpingClock();
    let renewals = 0;

    function lead(holderIdentity: string | undefined): void {
      renewals += 1;
      const spec = { holderIdentity, leaseDurationSeconds: 15, renewTime: `1999-01-01T00:00:00.${String(renewals).padStart(6, '0')}Z` };
      const lease = { ...object('coordination.k8s.io/v1', 'Lease', 'connectors-controller'), spec };
      api.server.apply(lease);
    }

    beforeEach(() => {
      api.server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM } });
      created.forEach((one) => api.server.apply(one));
      lead('connectors-controller-one');
    });

    /** Runs the command. Its pauses end at once, each after a second of the clock, and after what the controller does in it. */
    async function run(inEachSecond: (second: number) => void): Promise<CommandRun> {
      let second = 0;
      const pace = setInterval(() => {
        second += 1;
        inEachSecond(second);
        clock.jump(1_000);
        clock.expire(1_000);
      }, 5);
      try {
        return await cleanUp([], clock);
      } finally {
        clearInterval(pace);
      }
    }

    it('deletes nothing', async () => {
      const { status, stdout, stderr } = await run(() => lead('connectors-controller-one'));
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/… waiting until controller connectors-controller-one has ended\n/);
      expect(stderr).toMatch(
        /\nnothing is deleted: controller connectors-controller-one still runs, .* \(helm uninstall\), or use --force\n$/,
      );
      expect(created.map(exists)).toEqual(created.map(() => true));
    });

    it('waits for one that is ending', async () => {
      const { status } = await run((second) => {
        // Nothing after its end, which would make another Lease.
        if (second <= 5) {
          lead(second < 5 ? 'connectors-controller-one' : undefined);
        }
      });
      expect(status).toBe(0);
      expect(created.map(exists)).toEqual(created.map(() => false));
    });

    it('recognises one that has crashed by a Lease that does not change', async () => {
      const { status } = await run(() => undefined);
      expect(status).toBe(0);
      expect(created.map(exists)).toEqual(created.map(() => false));
    });

    it('deletes everything with --force', async () => {
      expect(await cleanUp(['--force'])).toMatchObject({ status: 0 });
      expect(created.map(exists)).toEqual(created.map(() => false));
    });
  });

  it('has nothing to do when there is nothing', async () => {
    expect(await cleanUp()).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
