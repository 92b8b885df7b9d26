import { VERSION } from '@oci-connector/runtime';
import { type ApiObject, type KubeconfigUser } from '@oci-connector/testing-kube-api';
import { parseAllDocuments } from 'yaml';
import { type CommandRun, runCommand } from '../test/captured-world';
import { useKubeApi } from '../test/test-worlds';

const CONNECTORS = 'connectors.connectors.alauda.io';
const CLASSES = 'connectorclasses.connectors.alauda.io';
const VERSION_ANNOTATION = 'connectors.alauda.io/version';

describe('connectors crds', () => {
  const api = useKubeApi();

  const apply = (user?: KubeconfigUser): Promise<CommandRun> => runCommand(['crds', '--apply', ...api.kubeconfig(user)]);

  function installed(name: string): ApiObject {
    const object = api.server.get({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name });
    if (!object) {
      throw new Error(`there is no CRD ${name}`);
    }
    return object;
  }

  /** Makes the installed CRD one of another version, in which a field of the first version has another description. */
  function change(name: string, annotations: Record<string, string> | undefined): void {
    const text = JSON.stringify({ ...installed(name), metadata: { name, annotations } }).replace(
      '"Kind of the object."',
      '"of another version"',
    );
    api.server.apply(JSON.parse(text) as ApiObject);
  }

  const isChanged = (name: string): boolean => JSON.stringify(installed(name)).includes('"of another version"');

  it('prints the definitions, without a cluster', async () => {
    const { status, stdout } = await runCommand(['crds']);
    expect(status).toBe(0);
    expect(parseAllDocuments(stdout).map((document) => document.getIn(['metadata', 'name']))).toEqual([CONNECTORS, CLASSES]);
  });

  it('creates them', async () => {
    expect(await apply()).toMatchObject({ status: 0, stdout: `${CONNECTORS}: version ${VERSION}\n${CLASSES}: version ${VERSION}\n` });
    expect(installed(CONNECTORS).metadata.annotations).toEqual({ [VERSION_ANNOTATION]: VERSION });
  });

  it.each([
    ['an older version', { [VERSION_ANNOTATION]: '0.0.9' }, '0.0.9'],
    ['the same version', { [VERSION_ANNOTATION]: VERSION }, VERSION],
    ['a version that says nothing', undefined, 'unknown'],
    ['a version that is none', { [VERSION_ANNOTATION]: 'next' }, 'next'],
  ])('updates those of %s', async (_what, annotations, was) => {
    await apply();
    change(CONNECTORS, annotations);
    const { status, stdout } = await apply();
    expect([status, stdout]).toEqual([0, expect.stringContaining(`${CONNECTORS}: version ${VERSION}, was ${was}\n`)]);
    expect(isChanged(CONNECTORS)).toBe(false);
    expect(installed(CONNECTORS).metadata.annotations).toEqual({ [VERSION_ANNOTATION]: VERSION });
  });

  it.each(['0.1.1', '0.2.0', '1.0.0', '0.10.0'])('keeps those of the newer version %s', async (newer) => {
    await apply();
    change(CONNECTORS, { [VERSION_ANNOTATION]: newer });
    const { status, stdout } = await apply();
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining(`${CONNECTORS}: kept, because version ${newer} is newer than ${VERSION}\n`),
    ]);
    expect(isChanged(CONNECTORS)).toBe(true);
  });

  describe('by a user who', () => {
    const user = { namespace: 'team', name: 'viewer' };

    beforeEach(async () => {
      await apply();
      api.server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: user.namespace } });
      api.server.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: user });
    });

    it('may not read them, says which permission is missing', async () => {
      const { status, stdout, stderr } = await apply(user);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(
        /^you lack a permission: customresourcedefinitions.apiextensions.k8s.io "connectors.connectors.alauda.io" is .*\n$/,
      );
    });

    it('may only read them, says which permission is missing', async () => {
      const rules = [{ apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['get'] }];
      const apiVersion = 'rbac.authorization.k8s.io/v1';
      const metadata = { name: 'reads' };
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reads' };
      const role = { apiVersion, kind: 'ClusterRole', metadata, rules };
      const binding = { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects: [{ kind: 'ServiceAccount', ...user }] };
      [role, binding].forEach((object) => api.server.apply(object));
      const { status, stdout, stderr } = await apply(user);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^you lack a permission: .* cannot patch resource .*\n$/);
    });
  });

  it.each(['--kubeconfig', '--context'])('refuses %s without --apply, because it uses no cluster', async (option) => {
    expect(await runCommand(['crds', option, __filename])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `${option}: needs --apply; no cluster is used without it\nsee connectors --help\n`,
    });
  });

  it('needs a cluster only to apply', async () => {
    const { status, stderr } = await runCommand(['crds', '--apply', '--kubeconfig', '/nowhere']);
    expect(status).toBe(2);
    expect(stderr).toContain('/nowhere');
  });
});
