export { parseDuration } from './duration';
export { InstallationSettings } from './installation-settings';
export { LogFields } from './log-fields';
export { createLogger } from './logger';
export { Readiness, type ReadinessCheck, type ReadinessResult } from './readiness';
export { LOGGER, RuntimeModule } from './runtime.module';
export { ProgramSettings } from './program-settings';
export { runProgram, type Program } from './program';
export {
  ConfigurationError,
  Setting,
  describeSettings,
  loadSettings,
  type Environment,
  type SettingDescription,
  type SettingKind,
  type SettingReference,
} from './settings';
export { startApp, type AppOptions, type RunningApp } from './start-app';
