export { AdminHttpAdapter } from './admin-http-adapter';
export { anyAddress } from './any-address';
export { readCaBundle } from './ca-bundle';
export { CONNECTOR_LABELS, type ConnectorLabels, connectorLabels, OTHER_CONNECTORS } from './connector-labels';
export { durationText, parseDuration } from './duration';
export { type Environment } from './environment';
export { AreRanges, InstallationSettings } from './installation-settings';
export { LogFields } from './log-fields';
export { type FlatFields, flatLog } from './flat-log';
export { createLogger } from './logger';
export { Readiness, type ReadinessCheck, type ReadinessResult } from './readiness';
export { Runtime } from './runtime';
export { RuntimeModule, type RuntimeOptions } from './runtime.module';
export { ProgramSettings } from './program-settings';
export { readProgramSettings, runProgram, type Program } from './program';
export {
  ConfigurationError,
  loadSettings,
  Setting,
  describeSettings,
  type RelatedSettings,
  type SettingDescription,
  type SettingKind,
  type SettingReference,
} from './settings';
export { startApp, type AppOptions, type RunningApp } from './start-app';
export { VERSION } from './version';
export { neverOptimizeWebAssembly, optimizeWebAssemblyLater } from './web-assembly';
export { WORLD, type World } from './world';
