import { describeAccess } from './access.contract';
import { describeBuiltIns } from './built-ins.contract';
import { ContractContext } from './contract-context';
import { describeConnectorTypes } from './connector-types.contract';
import { type KubeContractAbilities, type KubeContractTarget } from './contract-target';
import { describeIdentity } from './identity.contract';
import { describeListsAndWatches } from './lists-and-watches.contract';
import { describeObjects } from './objects.contract';
import { describeOwnership } from './ownership.contract';
import { describePatches } from './patches.contract';
import { describeSchema } from './schema.contract';
import { createWidgetType, removeWidgetType } from './widget';

/** Long, because a real API server observes changes in its storage, and drops cached tokens, with a delay. */
const TEST_TIMEOUT_MS = 60_000;

/**
 * Defines a suite of tests for the behaviour of a Kubernetes API on which the product's programs rely. The embedded API and a real one
 * pass the same tests, so that their behaviour stays the same.
 */
export function describeKubeContract(
  name: string,
  connect: () => Promise<KubeContractTarget>,
  abilities: KubeContractAbilities = { hasControllers: false, canAdvanceClock: false },
): void {
  describe(`Kubernetes API contract: ${name}`, () => {
    jest.setTimeout(TEST_TIMEOUT_MS);
    let context: ContractContext;
    const current = (): ContractContext => context;

    beforeAll(async () => {
      context = new ContractContext(await connect());
      await context.createNamespaces();
      await createWidgetType(context);
    });

    afterAll(async () => {
      await removeWidgetType(context);
      await context.removeNamespaces();
      await context.target.close?.();
    });

    describeObjects(current);
    describeSchema(current);
    describePatches(current);
    describeListsAndWatches(current);
    describeBuiltIns(current);
    describeOwnership(current, abilities);
    describeConnectorTypes(current);
    describeIdentity(current, abilities);
    describeAccess(current);
  });
}
