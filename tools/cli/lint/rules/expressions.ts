import { checkExpression } from '@oci-connector/diagnosis';
import { type ClassRule } from '../lint-rule';

/** The CEL expressions of probes compile. */
export const expressions: ClassRule = {
  name: 'expressions',
  reads: 'spec',
  check: ({ spec }) => {
    const probes = [
      { path: 'spec.livenessProbe', probe: spec.livenessProbe },
      ...(spec.authProbes ?? []).map(({ probe }, index) => ({ path: `spec.authProbes[${index}].probe`, probe })),
    ];
    return probes.flatMap(({ path, probe }) => {
      const cel = probe?.http?.response?.cel;
      const message = cel === undefined || cel === '' ? undefined : checkExpression(cel);
      return message === undefined ? [] : [{ path: `${path}.http.response.cel`, message: message.replace(/^response\.cel /, '') }];
    });
  },
};
