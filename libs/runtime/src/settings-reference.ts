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

/** The text of `--help`. */
export function settingsAsText({ name, summary, settings }: Documented): string {
  const rows = describeSettings(settings).map(
    ({ name: variable, kind, description, defaultText }) =>
      `  ${variable}\n      ${description}\n      ${KIND_NOTES[kind]}; default: ${defaultText || '(empty)'}\n`,
  );
  return [
    `${name}: ${summary}\n`,
    `Usage: ${name} [--help | --help=markdown | --version]\n`,
    `Configuration is by environment variables:\n`,
    ...rows,
  ].join('\n');
}

/** One section of the configuration reference. */
export function settingsAsMarkdown({ name, summary, settings }: Documented): string {
  const rows = describeSettings(settings).map(
    ({ name: variable, kind, description, defaultText }) =>
      `| \`${variable}\` | ${KIND_NOTES[kind]} | ${defaultText ? `\`${defaultText}\`` : ''} | ${description.replaceAll('|', '\\|')} |`,
  );
  return [
    `## ${name}`,
    '',
    summary,
    '',
    '| variable | kind | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
