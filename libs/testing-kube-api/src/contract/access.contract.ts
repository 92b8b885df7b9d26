import { untilRight } from '@oci-connector/testing-kit';
import { asText, at, type JsonObject } from '../kube-api/json';
import { type ContractClient } from './contract-client';
import { type ContractContext } from './contract-context';

const RBAC = 'rbac.authorization.k8s.io/v1';
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const GROUP = 'connectors.alauda.io';

interface Question {
  readonly verb: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** Role-based access control: the results of reviews and of requests. */
export function describeAccess(context: () => ContractContext): void {
  const user = (name: string): string => `system:serviceaccount:${context().otherNamespace}:${name}`;
  const ask = async (who: string, question: Question, groups: string[] = []): Promise<boolean> => {
    const attributes = {
      group: GROUP,
      resource: 'connectors',
      subresource: 'proxy',
      name: 'hub',
      namespace: context().namespace,
      ...question,
    };
    const { body } = await context().admin.post(`${AUTHORIZATION}/subjectaccessreviews`, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: who, groups, resourceAttributes: attributes },
    });
    return at(body, 'status', 'allowed') === true;
  };
  const createRole = async (name: string, rules: JsonObject[], subjects: JsonObject[]): Promise<void> => {
    await context().create(context().api(RBAC, 'roles'), { apiVersion: RBAC, kind: 'Role', metadata: { name }, rules });
    await context().create(context().api(RBAC, 'rolebindings'), {
      apiVersion: RBAC,
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects,
    });
  };
  const rule = (resources: string[], verbs: string[], resourceNames?: string[]): JsonObject => ({
    apiGroups: [GROUP],
    resources,
    verbs,
    ...(resourceNames && { resourceNames }),
  });
  const accountOf = (name: string): JsonObject => ({ kind: 'ServiceAccount', name, namespace: context().otherNamespace });
  const soon = (question: () => Promise<boolean>): Promise<boolean> => untilRight(question, (allowed) => allowed);

  describe('SubjectAccessReview', () => {
    it("allows an account of another namespace only the subresource that a role in the Connector's namespace grants", async () => {
      await createRole('proxy-get', [rule(['connectors/proxy'], ['get'])], [accountOf('puller')]);
      await soon(() => ask(user('puller'), { verb: 'get' }));
      expect(await ask(user('puller'), { verb: 'update' })).toBe(false);
      expect(await ask(user('puller'), { verb: 'get', subresource: undefined })).toBe(false);
      expect(await ask(user('puller'), { verb: 'get', subresource: 'status' })).toBe(false);
      expect(await ask(user('puller'), { verb: 'get', namespace: context().otherNamespace })).toBe(false);
      expect(await ask(user('puller'), { verb: 'get', namespace: undefined })).toBe(false);
      expect(await ask(user('somebody'), { verb: 'get' })).toBe(false);
    });

    it('does not allow the subresource by a rule for the resource', async () => {
      await createRole('connectors-get', [rule(['connectors'], ['get'])], [accountOf('reader')]);
      await soon(() => ask(user('reader'), { verb: 'get', subresource: undefined }));
      expect(await ask(user('reader'), { verb: 'get' })).toBe(false);
    });

    it.each<[string, string[], string[]]>([
      ['every resource', ['*'], ['get']],
      ['the subresource of every resource', ['*/proxy'], ['get']],
      ['every verb', ['connectors/proxy'], ['*']],
    ])('supports a rule for %s', async (what, resources, verbs) => {
      const name = what.replaceAll(' ', '-');
      await createRole(name, [rule(resources, verbs)], [accountOf(name)]);
      await soon(() => ask(user(name), { verb: 'get' }));
    });

    it('allows only the resource names of a rule', async () => {
      await createRole('only-hub', [rule(['connectors/proxy'], ['get'], ['hub'])], [accountOf('hub-puller')]);
      await soon(() => ask(user('hub-puller'), { verb: 'get' }));
      expect(await ask(user('hub-puller'), { verb: 'get', name: 'mirror' })).toBe(false);
    });

    it('supports the group of all accounts of a namespace', async () => {
      const group = `system:serviceaccounts:${context().otherNamespace}`;
      await createRole(
        'whole-namespace',
        [rule(['connectors/proxy'], ['update'])],
        [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: group }],
      );
      await soon(() => ask('anyone', { verb: 'update' }, [group]));
      expect(await ask('anyone', { verb: 'update' }, ['system:serviceaccounts'])).toBe(false);
    });

    it('no longer allows a right after its binding is deleted', async () => {
      await createRole('for-a-while', [rule(['connectors/proxy'], ['get'])], [accountOf('temporary')]);
      await soon(() => ask(user('temporary'), { verb: 'get' }));
      await context().admin.delete(context().api(RBAC, 'rolebindings', 'for-a-while'));
      await untilRight(
        () => ask(user('temporary'), { verb: 'get' }),
        (allowed) => !allowed,
      );
    });

    it('applies a ClusterRole in one namespace by a RoleBinding and everywhere by a ClusterRoleBinding', async () => {
      const name = `${context().namespace}-puller`;
      const role = { apiVersion: RBAC, kind: 'ClusterRole', metadata: { name }, rules: [rule(['connectors/proxy'], ['get'])] };
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
      await context().create(`/apis/${RBAC}/clusterroles`, role);
      await context().create(context().api(RBAC, 'rolebindings'), {
        apiVersion: RBAC,
        kind: 'RoleBinding',
        metadata: { name },
        roleRef,
        subjects: [accountOf('local')],
      });
      await context().create(`/apis/${RBAC}/clusterrolebindings`, {
        apiVersion: RBAC,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef,
        subjects: [accountOf('global')],
      });
      await soon(() => ask(user('local'), { verb: 'get' }));
      await soon(() => ask(user('global'), { verb: 'get', namespace: 'anywhere' }));
      expect(await ask(user('local'), { verb: 'get', namespace: 'anywhere' })).toBe(false);
      await context().admin.delete(`/apis/${RBAC}/clusterrolebindings/${name}`);
      await context().admin.delete(`/apis/${RBAC}/clusterroles/${name}`);
    });

    it('requires a subject and attributes', async () => {
      for (const spec of [{ resourceAttributes: { verb: 'get' } }, { user: 'somebody' }]) {
        const response = await context().admin.post(`${AUTHORIZATION}/subjectaccessreviews`, {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec,
        });
        expect(response.status).toBe(422);
      }
    });
  });

  describe('RBAC', () => {
    const clientOf = async (name: string): Promise<ContractClient> => {
      const path = `/api/v1/namespaces/${context().otherNamespace}/serviceaccounts`;
      await context().create(path, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      const { body } = await context().admin.post(`${path}/${name}/token`, request);
      return context().as(asText(at(body, 'status', 'token')));
    };
    const secretRule = (verbs: string[], resourceNames?: string[]): JsonObject => ({
      apiGroups: [''],
      resources: ['secrets'],
      verbs,
      ...(resourceNames && { resourceNames }),
    });

    it('allows a user with a right by name to get, list and watch only by that name', async () => {
      await context().create(context().core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shared' } });
      const client = await clientOf('named');
      await createRole('named-secret', [secretRule(['get', 'list', 'watch'], ['shared'])], [accountOf('named')]);
      await untilRight(
        () => client.get(context().core('secrets', 'shared')),
        ({ status }) => status === 200,
      );
      const byName = `${context().core('secrets')}?fieldSelector=metadata.name%3Dshared`;
      expect((await client.get(byName)).status).toBe(200);
      expect((await client.get(`${byName}&watch=true&timeoutSeconds=1`)).status).toBe(200);
      expect((await client.get(context().core('secrets'))).status).toBe(403);
      expect((await client.get(context().core('secrets', 'unshared'))).status).toBe(403);
      expect((await client.delete(context().core('secrets', 'shared'))).status).toBe(403);
    });

    it('lets an account review its own access', async () => {
      const client = await clientOf('curious');
      await createRole('self', [secretRule(['create'])], [accountOf('curious')]);
      const review = (verb: string): Promise<boolean> =>
        client
          .post(`${AUTHORIZATION}/selfsubjectaccessreviews`, {
            apiVersion: 'authorization.k8s.io/v1',
            kind: 'SelfSubjectAccessReview',
            spec: { resourceAttributes: { verb, resource: 'secrets', namespace: context().namespace } },
          })
          .then(({ body }) => at(body, 'status', 'allowed') === true);
      await soon(() => review('create'));
      expect(await review('delete')).toBe(false);
    });

    it('refuses reviews of others without permission', async () => {
      const client = await clientOf('nosy');
      const response = await client.post(`${AUTHORIZATION}/subjectaccessreviews`, {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: 'x', resourceAttributes: { verb: 'get' } },
      });
      expect(response).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    });
  });
}
