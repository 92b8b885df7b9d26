import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Events } from '@oci-connector/kube';
import { yamlBlocks } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { applyManifest, parseManifests } from '../installation/apply-manifests';
import { roleBinding } from '../installation/role-binding';
import { workspaceRoot } from '../processes/workspace';
import { freePort } from '../processes/free-port';
import { ProcessGroup } from '../processes/process-group';
import { until } from '../processes/until';
import { type AppliedManifests, applyUserManifests } from './apply-user-manifests';
import { type Sandbox } from './sandbox';
import { startKubelet } from './start-kubelet';
import { startSandbox } from './start-sandbox';

/** Limit for building and starting on a slow machine, in milliseconds. */
const DEADLINE_MS = 1_200_000;

/** A Pod whose ServiceAccount has no RoleBinding. */
const STRANGER = `
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: team-a}
spec:
  containers: [{name: crane, image: crane}]
  volumes:
    - {name: cache, emptyDir: {}}
    - name: login
      csi: {driver: connectors-csi, readOnly: true, volumeAttributes: {connectors: default/dockerhub-demo}}
`;

/** A host name that never resolves (RFC 6761 §6.4). */
const NOWHERE = 'https://registry.invalid';

describe('applyUserManifests with the YAML of README.md, a registry that does not exist, and a Pod without permission', () => {
  const closing: (() => Promise<unknown>)[] = [];
  const printed: string[] = [];
  let directory: string;
  let sandbox: Sandbox;
  let applied: AppliedManifests;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'manifests-'));
    const group = new ProcessGroup(path.join(directory, 'logs'));
    closing.push(() => group.stopAll());
    sandbox = await startSandbox({ directory, ports: { http: await freePort(), https: await freePort() }, group, closing });
    const readme = (await readFile(path.join(workspaceRoot, 'README.md'), 'utf8')).replace('https://index.docker.io', NOWHERE);
    const kubelet = startKubelet(sandbox, { onPublished: () => undefined, onRefused: () => undefined }, closing);
    const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(printed.push(String(text))));
    try {
      applied = await applyUserManifests(
        sandbox,
        kubelet,
        parseManifests([...yamlBlocks(readme), '---\n', STRANGER].join(''), 'README.md'),
      );
    } finally {
      stdout.mockRestore();
    }
  }, DEADLINE_MS);

  afterAll(async () => {
    for (const close of closing) {
      await close();
    }
    await rm(directory, { recursive: true, force: true });
  });

  it('reports why the Connector is not Ready', () => {
    expect(applied.problems[0]).toMatch(/^Connector default\/dockerhub-demo is not Ready \(ConnectionFailed\): .*registry\.invalid/);
    expect(applied).toMatchObject({ connectors: [{ namespace: 'default', name: 'dockerhub-demo' }] });
    expect(printed.join('')).toMatch(
      /^default +dockerhub-demo +False +ConnectionFailed +http:\/\/localhost:\d+\/namespaces\/default\/connectors\/dockerhub-demo$/m,
    );
  });

  it('publishes the volume of the Pod with permission', async () => {
    expect(applied.volumes).toHaveLength(1);
    expect(await readdir(applied.volumes[0]?.directory ?? '')).toEqual(expect.arrayContaining(['config.json', 'context.token', 'ca.crt']));
    expect(printed.join('')).toMatch(/^config\.json +\d/m);
  });

  it('prints the command that gives the other Pod permission', () => {
    expect(applied.problems[1]).toMatch(
      /^Pod team-a\/stranger does not start, volume login is not published: .*kubectl create rolebinding team-a-default-connectors-puller --namespace=default --clusterrole=connectors-puller --serviceaccount=team-a:default/,
    );
  });

  it('publishes the volume of the other Pod after that command, and creates an Event', async () => {
    const key = { namespace: 'default', name: 'team-a-default-connectors-puller' };
    await applyManifest(
      sandbox.client,
      stringify(roleBinding(key, 'connectors-puller', { namespace: 'team-a', name: 'default' })),
      'the command',
    );
    const events = await until(DEADLINE_MS, async () => {
      const { items } = await sandbox.client.list(Events, { namespace: 'team-a' });
      const ofStranger = items.filter(({ involvedObject }) => involvedObject.name === 'stranger');
      if (!ofStranger.some(({ reason }) => reason === 'VolumePublished')) {
        throw new Error('not yet');
      }
      return ofStranger;
    });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'Warning',
        reason: 'FailedMount',
        message: expect.stringMatching(/^MountVolume\.SetUp failed for volume "login" : /) as unknown,
      }),
    );
  });

  it('removes the files when it stops', async () => {
    await closing[0]?.();
    await expect(readdir(applied.volumes[0]?.directory ?? '')).rejects.toThrow('ENOENT');
    closing.shift();
  });
});
