import { yamlBlocks } from '@oci-connector/testing-kit';
import { parseYaml, readDocument } from '../../test/documents';
import { aServedConnector, aVolume, mounted } from '../../test/volume-fixture';
import { renderVolume } from './render-volume';

interface Pod {
  readonly spec: {
    readonly containers: readonly {
      readonly args: readonly string[];
      readonly env: readonly { readonly value: string }[];
      readonly volumeMounts: readonly { readonly mountPath: string }[];
    }[];
    readonly volumes: readonly { readonly csi: { readonly volumeAttributes: Readonly<Record<string, string>> } }[];
  };
}

/** The lines of the original requirement, which users may have in their pipelines, without the last one: it prints the token. */
const EXPORTS = `export http_proxy=$(cat /{mount-path}/http.proxy)
export https_proxy=$(cat /{mount-path}/https.proxy)
export HTTP_PROXY=$http_proxy
export HTTPS_PROXY=$https_proxy
export no_proxy=localhost,127.0.0.1
export NO_PROXY=$no_proxy
`;

describe('docs/forward-proxy.md', () => {
  const text = readDocument('docs/forward-proxy.md');
  const files = renderVolume(
    aVolume({ connectors: [mounted(aServedConnector('harbor', { namespace: 'registries' }))], configurationNames: ['truststore'] }),
  );

  it('contains the lines that set the variables, as they have always been', () => {
    expect(text).toContain(`\`\`\`\n${EXPORTS}\`\`\``);
  });

  it('has no command that prints the URL of the proxy', () => {
    const commands = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block).join('\n');
    expect(commands).toContain('skopeo copy');
    expect(commands).not.toMatch(/echo|printf|printenv|set -x/);
  });

  it('has a Pod that uses only files of its volume, and no configuration', () => {
    const [pod, ...others] = yamlBlocks(text).flatMap(parseYaml) as Pod[];
    expect(others).toEqual([]);
    const { containers = [], volumes = [] } = pod?.spec ?? {};
    expect(volumes.map(({ csi }) => csi.volumeAttributes)).toEqual([{ connectors: 'registries/harbor' }]);
    for (const { args, env, volumeMounts } of containers) {
      expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/etc/connectors']);
      const used = [...args, ...env.map(({ value }) => value)].join(' ').match(/(?<=\/etc\/connectors\/)[\w.-]+/g) ?? [];
      expect(used).toEqual(['env.sh', 'ca-bundle.crt']);
    }
  });

  it('names only files that a volume can have', () => {
    const named = [...text.matchAll(/\/etc\/connectors\/([\w.-]+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !files.has(name))).toEqual([]);
  });
});
