/**
 * Returns a tool of the testbed, for the specs (`*.testbed-spec.ts`) that need one. `npm test` does not run these specs.
 * `npm run testbed -- run contract` runs them and sets all variables, so that none is ever skipped.
 *
 * - KUBE_CONTRACT_KUBECONFIG: the kubeconfig of a real API server that tests may write to
 * - KUBECTL: the path of kubectl
 * - OCI_CONNECTOR_CONFORMANCE_SUITE: the path of the OCI distribution conformance suite
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
