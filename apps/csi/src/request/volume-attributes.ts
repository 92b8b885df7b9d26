import { CONNECTORS_MAX, isFileName } from '@oci-connector/config-rendering';
import { type ConnectorKey, isConnectorName, isDnsLabel } from '@oci-connector/connector-api';
import { isJsonObject, parseJsonObject } from '@oci-connector/http';
import { parseDuration } from '@oci-connector/runtime';
import { quoted } from '@oci-connector/sensitive';

/** What the author of a pod wrote under `csi.volumeAttributes`. */
export interface VolumeAttributes {
  readonly connectors: readonly ConnectorKey[];
  readonly configurationNames: readonly string[];
  readonly excludedFiles: readonly string[];
  readonly configurationParams: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The lifetime that the pod wishes for its token, in milliseconds. The installation's counts. */
  readonly wantedLifetime?: number;
}

/** Configurations and excluded files together; a class has at most 64 of the former. */
const MAX_NAMES = 128;

/** Of one attribute, in characters: as much as an annotation of Kubernetes would be read by anybody. */
const MAX_LENGTH = 16_384;

/** Whatever a ConnectorClass may call a configuration, on one line. */
const CONFIGURATION_NAME = /^\P{Cc}{1,253}$/u;

/** The shortest lifetime of a token that Kubernetes issues, in milliseconds. */
const MIN_LIFETIME = 10 * 60 * 1_000;

const KNOWN = ['connectors', 'connector.name', 'connector.namespace', 'configuration.names', 'configuration.params', 'token.expiration'];

/**
 * Reads the attributes; with problems, each naming the attribute and what to do, the attributes are not to be used.
 *
 * @param namespace the pod's, which connectors without one are in
 */
export function parseVolumeAttributes(
  given: ReadonlyMap<string, string>,
  namespace: string,
): { attributes: VolumeAttributes; problems: string[] } {
  const problems: string[] = [];
  const report = (attribute: string, problem: string): void => void problems.push(`${attribute}: ${problem}`);
  for (const name of [...given.keys()].filter((known) => !KNOWN.includes(known))) {
    report(nameOf(name), `is not an attribute of this driver; there are ${KNOWN.join(', ')}`);
  }
  const tooLong = KNOWN.filter((name) => (given.get(name)?.length ?? 0) > MAX_LENGTH);
  for (const name of tooLong) {
    report(name, `has more than ${MAX_LENGTH} characters`);
  }
  // Nobody reads a text of any length.
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

/** There are two forms; the older one has two attributes for one connector. */
function parseConnectors(given: ReadonlyMap<string, string>, namespace: string, report: Report): ConnectorKey[] {
  const entries = split(given.get('connectors') ?? '');
  const older = { name: valueOf(given, 'connector.name'), namespace: valueOf(given, 'connector.namespace') };
  if (entries.length === 0) {
    return parseOlderForm(older, namespace, report);
  }
  if (older.name || older.namespace) {
    report('connectors', 'cannot be given beside connector.name and connector.namespace, its older form; remove those');
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
      report('connector.name', 'is required beside connector.namespace; or name the Connector by connectors: NAMESPACE/NAME');
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
    report('connector.name', `${quoted(older.name)} is not the NAME of a Connector; several are named by connectors`);
  }
  return key ? [key] : [];
}

/** Kubernetes does not limit what attributes are called: a name that looks like one is told as it is. */
function nameOf(attribute: string): string {
  return /^[\w.-]{1,100}$/.test(attribute) ? attribute : quoted(attribute);
}

/** YAML's block texts end with a line break, and nobody sees a blank. */
function valueOf(given: ReadonlyMap<string, string>, attribute: string): string {
  return (given.get(attribute) ?? '').trim();
}

function parseConnector(entry: string, namespace: string): ConnectorKey | undefined {
  const parts = entry.split('/');
  const key = parts.length === 1 ? { namespace, name: entry } : { namespace: parts[0] ?? '', name: parts[1] ?? '' };
  return parts.length <= 2 && isDnsLabel(key.namespace) && isConnectorName(key.name) ? key : undefined;
}

/** `!FILE` keeps a file out of the volume. */
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
    report('token.expiration', `${quoted(text)} is less than 10m, the shortest that Kubernetes issues`);
  } catch {
    report('token.expiration', `${quoted(text)} is not a duration of at least 10m; write it like 30m or 1h30m, or leave it out`);
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
