import { testbedTool } from '@oci-connector/testing-kit';
import { loadContractTarget } from './contract-kubeconfig';
import { describeKubeContract } from './kube-contract';

describeKubeContract('kube-apiserver', () => Promise.resolve(loadContractTarget(testbedTool('KUBE_CONTRACT_KUBECONFIG'))));
