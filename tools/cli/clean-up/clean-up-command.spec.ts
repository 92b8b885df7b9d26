import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type KubeApiServer, startKubeApi } from '@oci-connector/testing-kube-api';
import { type CommandRun, runCommand } from '../test/captured-world';

const SYSTEM = 'oci-system';

describe('connectors clean-up', () => {
  let api: KubeApiServer;
  let directory: string;

  beforeEach(async () => {
    api = await startKubeApi();
    directory = mkdtempSync(path.join(tmpdir(), 'cli-clean-up-'));
    writeFileSync(path.join(directory, 'kubeconfig'), api.kubeconfig('admin'));
  });

  afterEach(async () => {
    rmSync(directory, { recursive: true });
    await api.close();
  });

  const cleanUp = (): Promise<CommandRun> =>
    runCommand(['clean-up', '--kubeconfig', path.join(directory, 'kubeconfig')], { environment: { OCI_CONNECTOR_NAMESPACE: SYSTEM } });

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
    api.get({ apiVersion, kind, namespace, name }) !== undefined;

  it('deletes what the programs have created, and nothing else', async () => {
    [SYSTEM, 'elsewhere'].forEach((name) => api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    [...created, ...others].forEach((one) => api.apply(one));
    const { status, stdout } = await cleanUp();
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual(created.map(({ kind, metadata }) => `deleted ${kind} ${SYSTEM}/${metadata.name}`));
    expect(created.map(exists)).toEqual(created.map(() => false));
    expect(others.map(exists)).toEqual(others.map(() => true));
  });

  it('has nothing to do when there is nothing', async () => {
    expect(await cleanUp()).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
