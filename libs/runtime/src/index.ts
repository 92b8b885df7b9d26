export { readCaBundle } from './ca-bundle';
export { CONNECTOR_LABELS, type ConnectorLabels, connectorLabels } from './connector-labels';
export { durationText, parseDuration } from './duration';
export { type Environment } from './environment';
export { InstallationSettings } from './installation-settings';
export { kubeConnectionOf } from './kube-connection-of';
export { LogFields } from './log-fields';
export { type FlatFields, flatLog } from './flat-log';
export { createLogger } from './logger';
export { Readiness, type ReadinessCheck, type ReadinessResult } from './readiness';
export { LOGGER } from './runtime.module';
export { ProgramSettings } from './program-settings';
export { readProgramSettings, runProgram, type Program } from './program';
export { readTogether } from './read-together';
export {
  ConfigurationError,
  Setting,
  describeSettings,
  type RelatedSettings,
  type SettingDescription,
  type SettingKind,
  type SettingReference,
} from './settings';
export { startApp, type AppOptions, type RunningApp } from './start-app';
export { VERSION } from './version';
