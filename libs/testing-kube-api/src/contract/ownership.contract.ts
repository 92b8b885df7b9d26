import { untilRight } from '@oci-connector/testing-kit';
import { asList, at, type JsonObject } from '../kube-api/json';
import { type ContractContext, versionOf } from './contract-context';
import { type KubeContractAbilities } from './contract-target';
import { widget, WIDGETS } from './widget';

/** Owner references, by which the Service of a deleted Connector is deleted, too. */
export function describeOwnership(context: () => ContractContext, { hasControllers }: KubeContractAbilities): void {
  const core = (plural: string, ...rest: string[]): string => context().core(plural, ...rest);

  describe('owner references', () => {
    it('are stored, and refused without a uid', async () => {
      const owner = await context().create(context().api(WIDGETS, 'widgets'), widget('owner'));
      const created = await context().create(core('configmaps'), owned('dependent', [ownerReference(owner)]));
      expect(created).toMatchObject({ metadata: { ownerReferences: [{ kind: 'Widget', name: 'owner', controller: true }] } });
      const response = await context().admin.post(core('configmaps'), owned('orphan', [{ ...ownerReference(owner), uid: '' }]));
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });

    (hasControllers ? it : it.skip)('let the garbage collector delete dependents', async () => {
      const owner = await context().create(context().api(WIDGETS, 'widgets'), widget('short-lived'));
      await context().create(core('configmaps'), owned('inherited', [ownerReference(owner)]));
      await context().create(core('configmaps'), owned('independent', []));
      await context().admin.delete(context().api(WIDGETS, 'widgets', 'short-lived'));
      await untilRight(
        () => context().admin.get(core('configmaps', 'inherited')),
        ({ status }) => status === 404,
      );
      const independent = await context().admin.get(core('configmaps', 'independent'));
      expect(versionOf(independent.body)).not.toBe('');
    });

    (hasControllers ? it : it.skip)('keep dependents without their owner when it is deleted with --cascade=orphan', async () => {
      const owner = await context().create(context().api(WIDGETS, 'widgets'), widget('childless'));
      await context().create(core('configmaps'), owned('set-free', [ownerReference(owner)]));
      await context().admin.delete(context().api(WIDGETS, 'widgets', 'childless'), {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: 'Orphan',
      });
      await untilRight(
        () => context().admin.get(context().api(WIDGETS, 'widgets', 'childless')),
        ({ status }) => status === 404,
      );
      const { status, body } = await context().admin.get(core('configmaps', 'set-free'));
      expect(status).toBe(200);
      expect(asList(at(body, 'metadata', 'ownerReferences'))).toEqual([]);
    });

    (hasControllers ? it : it.skip)('delete dependents before the owner when it is deleted with --cascade=foreground', async () => {
      const owner = await context().create(context().api(WIDGETS, 'widgets'), widget('last'));
      await context().create(core('configmaps'), owned('first', [ownerReference(owner)]));
      await context().admin.delete(`${context().api(WIDGETS, 'widgets', 'last')}?propagationPolicy=Foreground`);
      await untilRight(
        () => context().admin.get(context().api(WIDGETS, 'widgets', 'last')),
        ({ status }) => status === 404,
      );
      expect((await context().admin.get(core('configmaps', 'first'))).status).toBe(404);
    });
  });
}

function owned(name: string, ownerReferences: readonly JsonObject[]): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences }, data: {} };
}

function ownerReference(owner: JsonObject): JsonObject {
  const { name, uid } = owner['metadata'] as JsonObject;
  return { apiVersion: WIDGETS, kind: 'Widget', name, uid, controller: true, blockOwnerDeletion: true };
}
