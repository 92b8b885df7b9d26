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

/** A real API server follows its own storage, and forgets a token, with a delay. */
const TEST_TIMEOUT_MS = 60_000;

/**
 * What the programs rely on in a Kubernetes API, as a suite that any API can be held against: the embedded one and a real one
 * pass the same tests, so that the two cannot drift.
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
