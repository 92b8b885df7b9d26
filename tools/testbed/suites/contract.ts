import path from 'node:path';
import { startApiServer } from '../api-server';
import { resultOf, runJest } from '../jest-run';
import { toolPath } from '../toolchain';
import { OUTSIDE_ADDRESS } from '../world';
import { type Suite } from './suite';

/** The specs that need a tool, which `npm test` omits, and the spec that checks the same contract on the embedded API. */
const SPECS = [
  'libs/testing-kube-api/src/contract/real-contract.testbed-spec.ts',
  'libs/testing-kube-api/src/contract/embedded-contract.spec.ts',
  'libs/testing-kube-api/src/kube-api/kubectl.testbed-spec.ts',
  'libs/testing-registry/src/registry/conformance.testbed-spec.ts',
];

/** Tests that a single API server cannot run: the garbage collector is another program, and its clock is the clock of the machine. */
const NOT_APPLICABLE = new Set([
  'Kubernetes API contract: kube-apiserver owner references let the garbage collector delete dependents',
  'Kubernetes API contract: kube-apiserver owner references keep dependents without their owner when it is deleted with --cascade=orphan',
  'Kubernetes API contract: kube-apiserver owner references delete dependents before the owner when it is deleted with --cascade=foreground',
  'Kubernetes API contract: kube-apiserver TokenReview refuses a token after its expiry',
]);

/** Compares the embedded Kubernetes API and the fixture registry with real ones, so that tests can rely on them. */
export const contractSuite: Suite = {
  async run({ group, directory, secrets }) {
    const api = await startApiServer(group, path.join(directory, 'contract'), OUTSIDE_ADDRESS.apiServer);
    secrets.push({ name: "the administrator's token", value: api.adminToken });
    const tests = await runJest({
      specs: SPECS,
      outputFile: path.join(directory, 'contract.json'),
      env: {
        KUBE_CONTRACT_KUBECONFIG: api.kubeconfig,
        KUBECTL: toolPath('kubectl'),
        OCI_CONNECTOR_CONFORMANCE_SUITE: toolPath('conformance'),
      },
    });
    await api.stop();
    return resultOf(tests, NOT_APPLICABLE);
  },
};
