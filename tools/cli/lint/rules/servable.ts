import { assessClass } from '@oci-connector/diagnosis';
import { type ClassRule } from '../lint-rule';

/** This version can serve the class. */
export const servable: ClassRule = {
  name: 'servable',
  reads: 'spec',
  check: (connectorClass, { settings }) => {
    const { ready } = assessClass(connectorClass, settings);
    return ready.status === 'True' ? [] : [{ path: 'spec', message: `cannot be served: ${ready.message}` }];
  },
};
