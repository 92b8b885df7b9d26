export { checkCredential, type CheckCredentialOptions } from './check-credential';
export { checkHttpProbe, type CheckHttpProbeOptions } from './check-http-probe';
export { checkLiveness } from './check-liveness';
export { PASSED, failed, unknown, type Finding } from './finding';
export { type DiagnosisTarget } from './diagnosis-target';
