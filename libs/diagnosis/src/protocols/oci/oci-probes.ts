import { type ProtocolProbes } from '../protocol-probes';
import { checkCredential } from './check-credential';
import { checkLiveness } from './check-liveness';
import { checkLogin } from './check-login';

/** The parameter of an authentication type that names a repository that the credential must be able to pull from. */
const REPOSITORY = 'repository';

/** The probes of the OCI distribution-spec. */
export const ociProbes: ProtocolProbes = {
  login: (target, { signal }) => checkLogin(target, signal),
  liveness: (target, { signal }) => checkLiveness(target, signal),
  credential: {
    params: [REPOSITORY],
    check: (target, { params, signal, refusals }) => {
      const repository = params[REPOSITORY];
      return checkCredential(target, { repository: typeof repository === 'string' ? repository : undefined, signal, refusals });
    },
  },
};
