import { isFileName } from '@oci-connector/config-rendering';
import { type ConnectorKey, CONNECTORS_MAX, isConnectorName, isDnsLabel } from '@oci-connector/connector-api';
import { isJsonObject, parseJsonObject } from '@oci-connector/http';
import { parseDuration } from '@oci-connector/runtime';
import { quoted } from '@oci-connector/sensitive';

/** The attributes that the author of a pod wrote under `csi.volumeAttributes`. */
export interface VolumeAttributes {
  readonly connectors: readonly ConnectorKey[];
  readonly configurationNames: readonly string[];
  readonly excludedFiles: readonly string[];
  readonly configurationParams: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The token lifetime that the pod requests, in milliseconds. Only compared: the CSIDriver object sets the lifetime. */
  readonly wantedLifetime?: number;
}

/** Limit for configurations and excluded files together. A class has at most 64 configurations. */
const MAX_NAMES = 128;

/** Longest value of one attribute, in characters. Far above any realistic value, and small enough to parse quickly. */
const MAX_LENGTH = 16_384;

/** Any name that a ConnectorClass may give a configuration, on one line. */
const CONFIGURATION_NAME = /^\P{Cc}{1,253}$/u;

/** The shortest lifetime of a token that Kubernetes issues, in milliseconds. */
const MIN_LIFETIME = 10 * 60 * 1_000;

const KNOWN = ['connectors', 'connector.name', 'connector.namespace', 'configuration.names', 'configuration.params', 'token.expiration'];

/**
 * Reads the attributes. Each problem names the attribute and says what to do. The caller must not use the attributes when there are
 * problems.
 *
 * @param namespace the pod's namespace, used for Connectors that are named without one
 */
export function parseVolumeAttributes(
  given: ReadonlyMap<string, string>,
  namespace: string,
): { attributes: VolumeAttributes; problems: string[] } {
  const problems: string[] = [];
  const report = (attribute: string, problem: string): void => void problems.push(`${attribute}: ${problem}`);
  for (const name of [...given.keys()].filter((known) => !KNOWN.includes(known))) {
    report(nameOf(name), `is not an attribute of this driver; the attributes are ${KNOWN.join(', ')}`);
  }
  const tooLong = KNOWN.filter((name) => (given.get(name)?.length ?? 0) > MAX_LENGTH);
  for (const name of tooLong) {
    report(name, `has more than ${MAX_LENGTH} characters`);
  }
  // Values over the limit are not parsed.
  if (tooLong.length > 0) {
    return { attributes: NOTHING, problems };
  }
  const attributes = {
    connectors: parseConnectors(given, namespace, report),
    ...parseNames(given.get('configuration.names') ?? '', report),
    configurationParams: parseParams(valueOf(given, 'configuration.params'), report),
    wantedLifetime: parseLifetime(valueOf(given, 'token.expiration'), report),
  };
  return { attributes, problems };
}

const NOTHING: VolumeAttributes = { connectors: [], configurationNames: [], excludedFiles: [], configurationParams: {} };

type Report = (attribute: string, problem: string) => void;

/** Reads either form: `connectors`, or the older one with two attributes for one Connector. */
function parseConnectors(given: ReadonlyMap<string, string>, namespace: string, report: Report): ConnectorKey[] {
  const entries = split(given.get('connectors') ?? '');
  const older = { name: valueOf(given, 'connector.name'), namespace: valueOf(given, 'connector.namespace') };
  if (entries.length === 0) {
    return parseOlderForm(older, namespace, report);
  }
  if (older.name || older.namespace) {
    report('connectors', 'cannot be combined with connector.name and connector.namespace, its older form; remove those two');
  }
  if (entries.length > CONNECTORS_MAX) {
    report('connectors', `names more than ${CONNECTORS_MAX} connectors; mount the others in a second volume`);
  }
  const keys = entries.slice(0, CONNECTORS_MAX).flatMap((entry) => {
    const key = parseConnector(entry, namespace);
    if (!key) {
      report('connectors', `${quoted(entry)} is not NAME or NAMESPACE/NAME of a Connector`);
    }
    return key ? [key] : [];
  });
  for (const repeated of repeatedIn(keys.map((key) => `${key.namespace}/${key.name}`))) {
    report('connectors', `names ${repeated} more than once`);
  }
  return keys;
}

function parseOlderForm(older: ConnectorKey, namespace: string, report: Report): ConnectorKey[] {
  if (older.name === '') {
    if (older.namespace) {
      report('connector.name', 'is required when connector.namespace is given; or use connectors: NAMESPACE/NAME');
    } else {
      report('connectors', 'is required: NAME or NAMESPACE/NAME of a Connector, or several separated by commas');
    }
    return [];
  }
  if (older.namespace !== '' && !isDnsLabel(older.namespace)) {
    report('connector.namespace', `${quoted(older.namespace)} is not the name of a namespace`);
  }
  const key = older.namespace === '' ? parseConnector(older.name, namespace) : isConnectorName(older.name) ? older : undefined;
  if (!key) {
    report('connector.name', `${quoted(older.name)} is not the NAME of a Connector; use connectors to name several`);
  }
  return key ? [key] : [];
}

/** Formats an attribute's name for a message. Kubernetes does not limit these names, so an unusual name is quoted. */
function nameOf(attribute: string): string {
  return /^[\w.-]{1,100}$/.test(attribute) ? attribute : quoted(attribute);
}

/** Returns a value without surrounding white space: YAML block texts end with a line break, and blanks are invisible. */
function valueOf(given: ReadonlyMap<string, string>, attribute: string): string {
  return (given.get(attribute) ?? '').trim();
}

function parseConnector(entry: string, namespace: string): ConnectorKey | undefined {
  const parts = entry.split('/');
  const key = parts.length === 1 ? { namespace, name: entry } : { namespace: parts[0] ?? '', name: parts[1] ?? '' };
  return parts.length <= 2 && isDnsLabel(key.namespace) && isConnectorName(key.name) ? key : undefined;
}

/** Reads configurations and excluded files; `!FILE` keeps a file out of the volume. */
function parseNames(text: string, report: Report): { configurationNames: string[]; excludedFiles: string[] } {
  const entries = split(text);
  if (entries.length > MAX_NAMES) {
    report('configuration.names', `has more than ${MAX_NAMES} entries`);
  }
  const names = entries.slice(0, MAX_NAMES);
  for (const name of names) {
    if (name.startsWith('!') ? !isFileName(name.slice(1)) : !CONFIGURATION_NAME.test(name)) {
      report('configuration.names', `${quoted(name)} is neither the name of a configuration nor !FILE`);
    }
  }
  return {
    configurationNames: names.filter((name) => !name.startsWith('!')),
    excludedFiles: names.filter((name) => name.startsWith('!')).map((name) => name.slice(1)),
  };
}

type Params = Record<string, Record<string, string>>;

function parseParams(text: string, report: Report): Params {
  if (text === '') {
    return {};
  }
  const value = parseJsonObject(text);
  if (isParams(value)) {
    return value;
  }
  report(
    'configuration.params',
    'must be JSON of the form {"CONFIGURATION": {"PARAMETER": "VALUE"}}, with every value in quotes: "true", not true',
  );
  return {};
}

function isParams(value: unknown): value is Params {
  return (
    isJsonObject(value) &&
    Object.values(value).every((inner) => isJsonObject(inner) && Object.values(inner).every((leaf) => typeof leaf === 'string'))
  );
}

function parseLifetime(text: string, report: Report): number | undefined {
  if (text === '') {
    return undefined;
  }
  try {
    const lifetime = parseDuration(text);
    if (lifetime >= MIN_LIFETIME) {
      return lifetime;
    }
    report('token.expiration', `${quoted(text)} is less than 10m, the shortest lifetime that Kubernetes issues`);
  } catch {
    report(
      'token.expiration',
      `${quoted(text)} is not a duration of at least 10m; write for example 30m or 1h30m, or remove the attribute`,
    );
  }
  return undefined;
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function repeatedIn(entries: readonly string[]): Set<string> {
  return new Set(entries.filter((entry, index) => entries.indexOf(entry) !== index));
}
