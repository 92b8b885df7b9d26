import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { yamlBlocks } from '@oci-connector/testing';
import { parseManifests } from '../installation/apply-manifests';
import { workspaceRoot } from '../processes/workspace';
import { freePort } from '../processes/free-port';
import { ProcessGroup } from '../processes/process-group';
import { type AppliedManifests, applyUserManifests } from './apply-user-manifests';
import { type Sandbox } from './sandbox';
import { startSandbox } from './start-sandbox';

/** For building and starting, on any machine. */
const DEADLINE_MS = 1_200_000;

/** A Pod whose ServiceAccount was not bound. */
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

/** Nobody has such a name (RFC 6761 §6.4), with a network or without. */
const NOWHERE = 'https://registry.invalid';

describe('the YAML of README.md in a sandbox, for a registry that is not there, and a Pod without permission', () => {
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
    const stdout = jest.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean(printed.push(String(text))));
    try {
      applied = await applyUserManifests(sandbox, parseManifests([...yamlBlocks(readme), '---\n', STRANGER].join(''), 'README.md'), closing);
    } finally {
      stdout.mockRestore();
    }
  }, DEADLINE_MS);

  afterAll(async () => {
    for (const close of closing) await close();
    await rm(directory, { recursive: true, force: true });
  });

  it('says why the Connector is not Ready', () => {
    expect(printed.join('')).toContain('registry.invalid');
    expect(applied).toMatchObject({ succeeded: false, connectors: [{ namespace: 'default', name: 'dockerhub-demo' }] });
    expect(printed.join('')).toMatch(/^default +dockerhub-demo +False +ConnectionFailed +http:\/\/localhost:\d+\/namespaces\/default\/connectors\/dockerhub-demo$/m);
  });

  it('publishes the volume of the Pod that may use it', async () => {
    expect(applied.volumes).toHaveLength(1);
    expect(await readdir(applied.volumes[0] ?? '')).toEqual(expect.arrayContaining(['config.json', 'context.token', 'ca.crt']));
    expect(printed.join('')).toMatch(/^config\.json +\d/m);
  });

  it('says which command lets the other one use it', () => {
    expect(printed.join('')).toMatch(
      /^Pod team-a\/stranger would not start: .*kubectl create rolebinding team-a-default-connectors-puller --namespace=default --clusterrole=connectors-puller --serviceaccount=team-a:default/m,
    );
  });

  it('removes the files at the end', async () => {
    await closing[0]?.();
    await expect(readdir(applied.volumes[0] ?? '')).rejects.toThrow('ENOENT');
    closing.shift();
  });
});
