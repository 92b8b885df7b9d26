import { durationText, MAX_DURATION } from './duration';
import { describeSettings, type SettingReference } from './settings';

interface Documented {
  readonly name: string;
  readonly summary: string;
  readonly settings: new () => object;
}

const KIND_NOTES: Record<SettingReference['kind'], string> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true or false',
  duration: 'duration (30s, 10m, 1h30m)',
  list: 'list, separated by commas',
};

function kindOf({ kind, choices, max = MAX_DURATION }: Pick<SettingReference, 'kind' | 'choices' | 'max'>): string {
  if (choices) {
    return `one of ${choices.join(', ')}`;
  }
  return kind === 'duration' ? `${KIND_NOTES[kind]}, at most ${durationText(max)}` : KIND_NOTES[kind];
}

/** Returns the text of `--help`. */
export function settingsAsText({ name, summary, settings }: Documented): string {
  const rows = describeSettings(settings).map(
    ({ name: variable, description, defaultText, ...setting }) =>
      `  ${variable}\n      ${description}\n      ${kindOf(setting)}; default: ${defaultText || '(empty)'}\n`,
  );
  return [`${name}: ${summary}\n`, `Usage: ${name} [--help | --help=markdown | --version]\n`, `Environment variables:\n`, ...rows].join(
    '\n',
  );
}

/** Returns the section of a program in the configuration reference. */
export function settingsAsMarkdown({ name, summary, settings }: Documented): string {
  const rows = describeSettings(settings).map(
    ({ name: variable, description, defaultText, ...setting }) =>
      `| \`${variable}\` | ${kindOf(setting)} | ${defaultText ? `\`${defaultText}\`` : ''} | ${description.replaceAll('|', '\\|')} |`,
  );
  return [`## ${name}`, '', summary, '', '| variable | kind | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}
