import { type ProtocolProbes } from '../protocol-probes';
import { checkCredential } from './check-credential';
import { checkLiveness } from './check-liveness';

/** The parameter of an authentication type that names what the credential must at least be able to pull from. */
const REPOSITORY = 'repository';

/** The OCI distribution-spec. */
export const ociProbes: ProtocolProbes = {
  liveness: (target, { signal }) => checkLiveness(target, signal),
  credential: {
    params: [REPOSITORY],
    check: (target, { params, signal, refusals }) => {
      const repository = params[REPOSITORY];
      return checkCredential(target, { repository: typeof repository === 'string' ? repository : undefined, signal, refusals });
    },
  },
};
