import { describeKubeContract } from './kube-contract';
import { contractKubeconfig, isTestbedRequired, loadContractTarget } from './kube-contract.config';

const kubeconfig = contractKubeconfig();

if (kubeconfig !== undefined) {
  describeKubeContract('kube-apiserver', () => Promise.resolve(loadContractTarget(kubeconfig)));
} else if (isTestbedRequired()) {
  test('a real kube-apiserver is named in KUBE_CONTRACT_KUBECONFIG', () => {
    throw new Error('CI_TESTBED=1, but KUBE_CONTRACT_KUBECONFIG names no kubeconfig of a real kube-apiserver');
  });
} else {
  test.skip('Kubernetes API contract: kube-apiserver (skipped: KUBE_CONTRACT_KUBECONFIG names no kubeconfig)', () => undefined);
}
