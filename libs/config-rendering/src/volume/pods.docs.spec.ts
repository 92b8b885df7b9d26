import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type Connector } from '@oci-connector/connector-api';
import {
  type DocumentedContainer,
  documentedPods,
  type DocumentedPod,
  type DocumentedVolume,
  yamlDocuments,
} from '@oci-connector/testing-kit';
import { parseYaml, readDocument } from '../../test/documents';
import { aServedConnector, aVolume, mounted } from '../../test/volume-fixture';
import { renderVolume } from './render-volume';
import { type FileContent } from './volume-request';

const PAGES = (readdirSync(path.join(__dirname, '../../../../docs'), { recursive: true }) as string[])
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
  .concat('README.md');

/** The Connector of the examples, with the address by which clients of the forward proxy name it. */
const SHARED = parseYaml(readDocument('deploy/examples/shared-by-namespaces.yaml'))[2] as Connector;

const contentsOf = (page: string): unknown[] => yamlDocuments(readDocument(page)).map(({ content }) => content);

/** Every pod of the documentation that mounts a volume of the driver. */
const PODS = PAGES.flatMap((page) =>
  documentedPods(contentsOf(page))
    .filter(({ spec }) => spec.volumes?.some(({ csi }) => csi))
    .map((pod) => [`${page}: ${pod.from}`, pod] as const),
);

/** The volume of a pod; a page shows no pod with two. */
function volumeOf({ spec }: DocumentedPod): Required<DocumentedVolume> {
  const [volume, ...others] = (spec.volumes ?? []).filter(({ csi }) => csi);
  expect(others).toEqual([]);
  return volume as Required<DocumentedVolume>;
}

/** Renders the files of a volume, with the driver's rules for `configuration.names`. */
function filesOf(attributes: Readonly<Record<string, string>>): ReadonlyMap<string, FileContent> {
  const names = (attributes['configuration.names'] ?? '').split(',').map((name) => name.trim());
  const connectors = (attributes['connectors'] ?? '').split(',').map((item) => item.split('/').reverse());
  return renderVolume(
    aVolume({
      connectors: connectors.map(([name = '', namespace]) => mounted(aServedConnector(name, { namespace, address: SHARED.spec.address }))),
      configurationNames: names.filter((name) => name !== '' && !name.startsWith('!')),
      excludedFiles: names.filter((name) => name.startsWith('!')).map((name) => name.slice(1)),
      configurationParams: JSON.parse(attributes['configuration.params'] ?? '{}') as Record<string, Record<string, string>>,
    }),
  );
}

const attributesOf = (pod: DocumentedPod): Readonly<Record<string, string>> => volumeOf(pod).csi.volumeAttributes ?? {};

const containersOf = ({ spec }: DocumentedPod): DocumentedContainer[] => [...(spec.initContainers ?? []), ...spec.containers];

/** Where a container has the volume. */
const mountsOf = (pod: DocumentedPod, { volumeMounts = [] }: DocumentedContainer): string[] =>
  volumeMounts.filter(({ name }) => name === volumeOf(pod).name).map(({ mountPath }) => mountPath);

/** Returns every text of a container that can contain a path. */
function textsOf({ command = [], args = [], env = [] }: DocumentedContainer): string[] {
  return [...command, ...args, ...env.map(({ value = '' }) => value)];
}

/** Returns the words of a text that name a file of a volume and are not among its files. */
function unknownFiles(text: string, directories: readonly string[], files: ReadonlyMap<string, FileContent>): string[] {
  const words = text.split(/[\s='"`]+/);
  return directories.flatMap((directory) =>
    words.filter((word) => word.startsWith(`${directory}/`) && !files.has(word.slice(directory.length + 1))),
  );
}

/** The hosts of Connectors that a text names. */
const hostsIn = (text: string): string[] => text.match(/(?<![a-z0-9-])c-[a-z0-9.-]+(?=[/:=])/g) ?? [];

function loginsOf(files: ReadonlyMap<string, FileContent>): object {
  const config = files.get('config.json');
  return config === undefined ? {} : (JSON.parse(config.toString()) as { auths: object }).auths;
}

describe.each(PODS)('%s', (_, pod) => {
  const files = filesOf(attributesOf(pod));
  const containers = containersOf(pod);

  it('mounts the volume read-only, without subPath', () => {
    const { name, csi } = volumeOf(pod);
    expect(csi).toMatchObject({ driver: 'connectors-csi', readOnly: true });
    const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts).filter((mount) => mount.name === name);
    expect(mounts.length).toBeGreaterThan(0);
    for (const mount of mounts) {
      expect(mount).toEqual({ name, mountPath: mount.mountPath, readOnly: true });
    }
  });

  it('has no other token than that of the volume', () => {
    expect(pod.spec.automountServiceAccountToken).toBe(false);
  });

  it('uses only files that the volume contains', () => {
    for (const container of containers) {
      expect(unknownFiles(textsOf(container).join(' '), mountsOf(pod, container), files)).toEqual([]);
    }
  });

  it('mounts the volume where buildkitd.toml expects the CA', () => {
    const mountPaths = containers.flatMap((container) => mountsOf(pod, container));
    for (const [, file = ''] of (files.get('buildkitd.toml') ?? '').toString().matchAll(/ca = \["(.*)"\]/g)) {
      expect(mountPaths).toContain(path.dirname(file));
    }
  });

  it('has a login in the directory of DOCKER_CONFIG', () => {
    for (const container of containers) {
      const directories = (container.env ?? []).filter(({ name }) => name === 'DOCKER_CONFIG').map(({ value }) => value);
      expect(mountsOf(pod, container)).toEqual(expect.arrayContaining(directories));
      expect(directories.length === 0 || files.has('config.json')).toBe(true);
    }
  });

  it('names images by a host that has a login, or uses the forward proxy', () => {
    const text = containers.flatMap(textsOf).join(' ');
    const hosts = hostsIn(text);
    expect(hosts.length > 0 || text.includes('env.sh')).toBe(true);
    expect(hosts.filter((host) => !(host in loginsOf(files)))).toEqual([]);
  });
});

/** The attributes and the mount of the volume in the configuration of a GitLab runner, which is not YAML. */
function gitlabVolume(text: string): { attributes: Record<string, string>; mountPath: string; table: string } | undefined {
  const [, table] = /^ *\[\[runners\.kubernetes\.volumes\.csi\]\]\n([\s\S]*?)^ *\[\[/m.exec(text) ?? [];
  if (table === undefined) {
    return undefined;
  }
  const attributes = Object.fromEntries(
    [...table.matchAll(/^ *"([^"]+)" = "([^"]*)"$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  return { attributes, mountPath: /mount_path = "([^"]+)"/.exec(table)?.[1] ?? '', table };
}

describe.each(PAGES.filter((page) => page.startsWith('docs/ci/')))('%s', (page) => {
  const text = readDocument(page);
  const code = [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('\n');
  const pods = PODS.filter(([name]) => name.startsWith(`${page}:`)).map(([, pod]) => pod);
  const gitlab = gitlabVolume(text);

  it('names in scripts, too, only files of its volumes, hosts with a login and the address of the Connector', () => {
    const all = [...pods.map((pod) => attributesOf(pod)), ...(gitlab ? [gitlab.attributes] : [])].map(filesOf);
    const files = new Map(all.flatMap((each) => [...each]));
    const directories = pods.flatMap((pod) => containersOf(pod).flatMap((container) => mountsOf(pod, container)));
    expect(all.length).toBeGreaterThan(0);
    expect(unknownFiles(code, [...directories, ...(gitlab ? [gitlab.mountPath] : [])], files)).toEqual([]);
    expect(hostsIn(code).filter((host) => !(host in loginsOf(files)))).toEqual([]);
    expect(new Set(code.match(/(?<=docker:\/\/)[^/]+/g))).toEqual(new Set([new URL(SHARED.spec.address).host]));
  });
});

it.each(PODS.filter(([name]) => /^docs\/(ci|clients)\//.test(name)))('%s uses what shared-by-namespaces.yaml creates', (_, pod) => {
  expect([pod.spec.serviceAccountName, attributesOf(pod)['connectors']]).toEqual(['builder', 'registries/harbor']);
});

it('docs/ci/gitlab-runner.md mounts the volume read-only', () => {
  const { table = '', attributes } = gitlabVolume(readDocument('docs/ci/gitlab-runner.md')) ?? {};
  expect(table).toContain('driver = "connectors-csi"');
  expect(table).toContain('read_only = true');
  expect(attributes).toEqual({ connectors: 'registries/harbor', 'configuration.names': 'registry-config' });
});

it('docs/ci.md lists all pages', () => {
  const pages = PAGES.filter((page) => page.startsWith('docs/ci/')).map((page) => page.slice('docs/'.length));
  expect(pages.filter((page) => !readDocument('docs/ci.md').includes(`(${page})`))).toEqual([]);
});
