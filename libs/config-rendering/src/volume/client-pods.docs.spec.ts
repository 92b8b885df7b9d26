import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Connector } from '@oci-connector/connector-api';
import { yamlBlocks } from '@oci-connector/testing-kit';
import { parseYaml, readDocument } from '../../test/documents';
import { aServedConnector, aVolume, mounted } from '../../test/volume-fixture';
import { renderVolume } from './render-volume';
import { type FileContent } from './volume-request';

interface Mount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
}

interface Container {
  name: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value: string }[];
  volumeMounts: Mount[];
}

interface Pod {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  spec: {
    serviceAccountName: string;
    initContainers?: Container[];
    containers: Container[];
    volumes: { name: string; csi?: { driver: string; readOnly: boolean; volumeAttributes: Record<string, string> } }[];
  };
}

const PODS = 'deploy/examples/pods';
const NAMES = readdirSync(path.join(__dirname, '../../../..', PODS)).map((name) => path.basename(name, '.yaml'));
const PAGES = readdirSync(path.join(__dirname, '../../../../docs/clients')).map((name) => `docs/clients/${name}`);

/** The Connector of all examples. */
const SHARED = parseYaml(readDocument('deploy/examples/shared-by-namespaces.yaml'))[2] as Connector;

/** Renders the files of the Pod's volume, with the driver's rules for `configuration.names`. */
function filesOf(attributes: Record<string, string>): ReadonlyMap<string, FileContent> {
  const names = (attributes['configuration.names'] ?? '').split(',').map((name) => name.trim());
  const { namespace, name } = SHARED.metadata;
  return renderVolume(
    aVolume({
      connectors: [mounted(aServedConnector(name, { namespace }))],
      configurationNames: names.filter((item) => !item.startsWith('!')),
      excludedFiles: names.filter((item) => item.startsWith('!')).map((item) => item.slice(1)),
      configurationParams: JSON.parse(attributes['configuration.params'] ?? '{}') as Record<string, Record<string, string>>,
    }),
  );
}

/** Returns every text of a container that can contain a path. */
function textsOf({ command = [], args = [], env = [] }: Container): string[] {
  return [...command, ...args, ...env.map(({ value }) => value)];
}

describe.each(NAMES)('pod %s', (name) => {
  const text = readDocument(`${PODS}/${name}.yaml`);
  const [pod, ...others] = parseYaml(text) as Pod[];
  if (!pod) {
    throw new Error(`${name}.yaml contains no Pod`);
  }
  const { spec } = pod;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const csi = spec.volumes.find((volume) => volume.csi)?.csi;
  const files = filesOf(csi?.volumeAttributes ?? {});

  it('is one Pod with the name of the file, in a namespace that may use the Connector', () => {
    expect(others).toEqual([]);
    expect([pod.apiVersion, pod.kind, pod.metadata, spec.serviceAccountName]).toEqual([
      'v1',
      'Pod',
      { name, namespace: 'team-b' },
      'builder',
    ]);
  });

  it('mounts the volume read-only, without subPath', () => {
    expect(csi).toMatchObject({ driver: 'connectors-csi', readOnly: true, volumeAttributes: { connectors: 'registries/harbor' } });
    const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts).filter((mount) => mount.name === 'connectors');
    expect(mounts.length).toBeGreaterThan(0);
    for (const mount of mounts) {
      expect(mount).toEqual({ name: 'connectors', mountPath: mount.mountPath, readOnly: true });
    }
  });

  it('uses only files that the volume contains', () => {
    for (const container of containers) {
      for (const { mountPath } of container.volumeMounts.filter((mount) => mount.name === 'connectors')) {
        const used = textsOf(container)
          .flatMap((item) => item.split(/[\s='"]+/))
          .filter((word) => word.startsWith(`${mountPath}/`));
        expect(used.filter((word) => !files.has(word.slice(mountPath.length + 1)))).toEqual([]);
      }
    }
  });

  it('mounts the volume where buildkitd.toml expects the CA', () => {
    const mountPaths = containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ mountPath }) => mountPath));
    const authorities = [...(files.get('buildkitd.toml') ?? '').toString().matchAll(/ca = \["(.*)"\]/g)].map(([, file]) =>
      path.dirname(file ?? ''),
    );
    for (const directory of authorities) {
      expect(mountPaths).toContain(directory);
    }
  });

  it('has a login in the directory of DOCKER_CONFIG', () => {
    const variables = containers.flatMap(({ env = [], volumeMounts }) => env.map((variable) => ({ ...variable, volumeMounts })));
    for (const { value, volumeMounts } of variables.filter((variable) => variable.name === 'DOCKER_CONFIG')) {
      expect(volumeMounts).toContainEqual({ name: 'connectors', mountPath: value, readOnly: true });
      expect(files.has('config.json')).toBe(true);
    }
  });

  it('names images by a host that has a login', () => {
    const { auths } = JSON.parse((files.get('config.json') ?? '').toString()) as { auths: object };
    const hosts = containers.flatMap(textsOf).flatMap((item) => item.match(/(?<![a-z0-9-])c-[a-z0-9.-]+(?=[/:=])/g) ?? []);
    expect(hosts.length).toBeGreaterThan(0);
    expect(hosts.filter((host) => !(host in auths))).toEqual([]);
  });

  it('is quoted unchanged on its page', () => {
    expect(yamlBlocks(readDocument(`docs/clients/${name}.md`))).toEqual([text]);
  });
});

it('docs/clients.md lists all clients', () => {
  const index = readDocument('docs/clients.md');
  expect(PAGES.filter((page) => !index.includes(`(${page.slice('docs/'.length)})`))).toEqual([]);
  expect(NAMES.filter((name) => !PAGES.includes(`docs/clients/${name}.md`))).toEqual([]);
});

it('the Pod in docs/volumes.md is the one of crane', () => {
  expect(yamlBlocks(readDocument('docs/volumes.md'))).toEqual([readDocument(`${PODS}/crane.yaml`)]);
});
