export { PASSED, failed, unknown, type Finding } from './finding';
export { type DiagnosisTarget } from './diagnosis-target';
export { type CheckSubject, explain } from './explain';
export { type PlannedCheck, Probes, SHIPPED_PROBES } from './protocols/probes';
export { type CredentialProbe, type ProtocolProbes } from './protocols/protocol-probes';
