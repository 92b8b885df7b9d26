import 'reflect-metadata';
import { validateSync } from 'class-validator';
import { durationText, MAX_DURATION, parseDuration } from './duration';
import { type Environment } from './environment';
import { type KnownSettings, unknownVariables } from './unknown-variables';

/** The type of a setting, which decides how the environment variable is parsed. */
export type SettingKind = 'string' | 'integer' | 'boolean' | 'duration' | 'list';

/** One environment variable of a program. */
export interface SettingDescription {
  /** Name of the environment variable. */
  readonly name: string;
  readonly kind: SettingKind;
  /** Describes the effect, units and limits. `--help` and the configuration reference show it. */
  readonly description: string;
  /** The values of a text that has no others; the rule `IsIn` checks them. */
  readonly choices?: readonly string[];
  /** Longest duration, in milliseconds; by default 24 days, because of the limit of timers. */
  readonly max?: number;
}

/** Settings with rules that concern several of them. */
export interface RelatedSettings {
  /** Returns the conflicts between settings. Each text begins with the variable to change, and names the other. */
  conflicts(): readonly string[];
}

interface DeclaredSetting extends SettingDescription {
  readonly property: string;
}

const SETTINGS = Symbol('settings');

function declaredSettings(target: object): DeclaredSetting[] {
  return (Reflect.getMetadata(SETTINGS, target) as DeclaredSetting[] | undefined) ?? [];
}

/**
 * Declares that a property is read from an environment variable. The property's initialiser is the default. The decorators of
 * class-validator on the same property are its rules.
 */
export function Setting(description: SettingDescription): PropertyDecorator {
  return (target, property) => {
    const own = [...declaredSettings(target), { ...description, property: String(property) }];
    Reflect.defineMetadata(SETTINGS, own, target);
  };
}

/** A configuration is invalid. The error contains all problems, so that an operator can fix them together. Each text begins with the name of the variable. */
export class ConfigurationError extends Error {
  readonly code = 'ConfigurationInvalid';

  constructor(
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(`invalid configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, options);
    this.name = 'ConfigurationError';
  }
}

const parsers: Record<SettingKind, (text: string, setting: SettingDescription) => unknown> = {
  string: (text) => text,
  integer: (text) => {
    if (!/^-?\d+$/.test(text)) {
      throw new Error(`"${text}" is not a whole number`);
    }
    return Number(text);
  },
  boolean: (text) => {
    if (text !== 'true' && text !== 'false') {
      throw new Error(`"${text}" is neither true nor false`);
    }
    return text === 'true';
  },
  duration: (text, { max = MAX_DURATION }) => {
    const milliseconds = parseDuration(text);
    if (milliseconds > max) {
      throw new Error(`must be at most ${durationText(max)}`);
    }
    return milliseconds;
  },
  list: (text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
};

/**
 * Reads a configuration class from the environment. An unset or empty variable leaves the default.
 *
 * @param strict if given, variables that look like settings of the program but are not settings are also problems
 * @throws ConfigurationError when a variable is invalid; the error names each variable, its problem and the expected value
 */
export function loadSettings<T extends object>(settingsClass: new () => T, environment: Environment, strict?: KnownSettings): T {
  const settings = new settingsClass();
  const unparsed = readEnvironment(settings, environment);
  const invalid = ruleProblems(settings).filter(({ property }) => !unparsed.some((other) => other.property === property));
  const names = declaredSettings(settings).map(({ name }) => name);
  const unknown = strict === undefined ? [] : unknownVariables(environment, names, strict);
  const problems = [...[...unparsed, ...invalid].map(({ message }) => message), ...unknown];
  // Conflicts can only be checked between settings that are valid by themselves.
  const conflicts = problems.length === 0 && isRelated(settings) ? settings.conflicts() : [];
  if (problems.length + conflicts.length > 0) {
    throw new ConfigurationError([...problems, ...conflicts]);
  }
  return settings;
}

function isRelated(settings: object): settings is RelatedSettings {
  return typeof (settings as Partial<RelatedSettings>).conflicts === 'function';
}

interface Problem {
  readonly property: string;
  readonly message: string;
}

function readEnvironment(settings: object, environment: Environment): Problem[] {
  const problems: Problem[] = [];
  for (const setting of declaredSettings(settings)) {
    const { name, kind, property } = setting;
    const text = environment[name];
    if (text === undefined || text === '') {
      continue;
    }
    try {
      Object.assign(settings, { [property]: parsers[kind](text, setting) });
    } catch (error) {
      problems.push({ property, message: `${name}: ${(error as Error).message}` });
    }
  }
  return problems;
}

function ruleProblems(settings: object): Problem[] {
  const declared = new Map(declaredSettings(settings).map((setting) => [setting.property, setting]));
  return validateSync(settings, { forbidUnknownValues: true }).flatMap(({ property, constraints }) =>
    Object.values(constraints ?? {}).map((message) => ({
      property,
      message: `${declared.get(property)?.name ?? property}: ${forOperators(message, property, declared.get(property)?.kind)}`,
    })),
  );
}

/** Returns a message of class-validator without the name of the property, which operators do not know, and with a unit for durations. */
function forOperators(message: string, property: string, kind?: SettingKind): string {
  const text = message.replace(`each value in ${property} `, 'each value ').replace(`${property} must`, 'must');
  return kind === 'duration' ? text.replace(/(?<=than )\d+$/, (limit) => durationText(Number(limit))) : text;
}

/** A setting in the configuration reference. */
export interface SettingReference extends SettingDescription {
  /** The default as a value of the environment variable; empty if there is none. */
  readonly defaultText: string;
}

/** Returns all settings of a class in the order of their declaration, those of its base class first. */
export function describeSettings(settingsClass: new () => object): SettingReference[] {
  const settings = new settingsClass();
  const values = settings as Record<string, SettingValue>;
  return declaredSettings(settings).map(({ property, ...description }) => ({
    ...description,
    defaultText: textOf(description.kind, values[property]),
  }));
}

type SettingValue = string | number | boolean | readonly string[] | undefined;

function textOf(kind: SettingKind, value: SettingValue): string {
  if (value === undefined) {
    return '';
  }
  if (typeof value === 'object') {
    return value.join(',');
  }
  if (kind === 'duration') {
    return durationText(Number(value));
  }
  return String(value);
}
