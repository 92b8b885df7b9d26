/** What the conformance spec takes from the environment. */
export const conformanceEnvironment = {
  /** Path of the OCI distribution conformance suite's executable (`github.com/opencontainers/distribution-spec/conformance`). */
  executable: process.env['OCI_CONNECTOR_CONFORMANCE_SUITE'],
  /** Set where every tool must be there: a test that would be skipped then fails. */
  required: process.env['CI_TESTBED'] === '1',
};
