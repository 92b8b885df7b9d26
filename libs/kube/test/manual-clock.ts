export { ManualClock } from '@oci-connector/testing-kit';
