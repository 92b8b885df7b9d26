/**
 * A tool of the testbed, for the specs (`*.testbed-spec.ts`) that need one. `npm test` does not run those:
 * `npm run testbed -- run contract` does, with everything in place, so that none is ever skipped.
 *
 * - KUBE_CONTRACT_KUBECONFIG: kubeconfig of a real API server that may be written to
 * - KUBECTL: path of kubectl
 * - OCI_CONNECTOR_CONFORMANCE_SUITE: path of the OCI distribution conformance suite
 *
 * @throws Error when the variable is not set
 */
export function testbedTool(name: 'KUBE_CONTRACT_KUBECONFIG' | 'KUBECTL' | 'OCI_CONNECTOR_CONFORMANCE_SUITE'): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set; these specs are run by: npm run testbed -- run contract`);
  }
  return value;
}
