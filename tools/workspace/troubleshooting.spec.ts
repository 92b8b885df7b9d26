import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ConditionType, REASON_TABLE } from '@oci-connector/connector-api';
import { readTable } from '@oci-connector/testing-kit';

const WORKSPACE = path.join(__dirname, '../..');
const TEXT = readFileSync(path.join(WORKSPACE, 'docs/troubleshooting.md'), 'utf8');

/** Sections with tables whose first column quotes messages. */
const MESSAGES = [
  '## 401: the client is not logged in',
  '## 403 `DENIED`: permission denied',
  '## 404 and 400: not found, or not valid',
  '## The forward proxy: 407, 403, 421, 429',
  '## 424 `DENIED`: the Connector is not set up',
  '## 502, 503, 504, 429: the request cannot be served now',
  '## Volumes: the pod does not start, or its files are wrong',
];

/** Names of the first column of these tables. */
const QUOTING = ['What the client says', 'What the client or the log says', 'What the event says'];

/** Messages of clients and the kubelet. All other quotes are messages of the product's programs. */
const OF_CLIENTS = [
  'no basic auth credentials',
  'basic credential not found',
  'no credentials available',
  'UNAUTHORIZED: authentication required',
  'unauthorized: …',
  '401 Unauthorized',
  'failed with status: 401 Unauthorized',
  'not found',
  'denied:',
  'Error response from daemon: Get "https://…/v2/": Proxy Authentication Required: …',
  'failed to do request: Head "https://…": Proxy Authentication Required: …',
  'lookup c-NAME.… : no such host',
  'driver name connectors-csi not found in the list of registered CSI drivers',
  'volume mode "Ephemeral" not supported by driver connectors-csi',
];

/** Placeholders in the quotes. */
const PLACEHOLDERS = /…|\b(?:NAME|NS|HOST|ORIGIN|N|POST|get|update|delete)\b/;

/** Minimum length of a piece between placeholders; shorter pieces are not compared. */
const MIN_LENGTH = 8;

function sourcesOf(directory: string): string {
  const entries = readdirSync(path.join(WORKSPACE, directory), { recursive: true, encoding: 'utf8' });
  const files = entries.filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  return files
    .map((name) => readFileSync(path.join(WORKSPACE, directory, name), 'utf8'))
    .join('\n')
    .replaceAll("\\'", "'");
}

describe('docs/troubleshooting.md', () => {
  const sources = ['apps/proxy/src', 'apps/csi/src', 'libs'].map(sourcesOf).join('\n');

  it.each(MESSAGES)('%s quotes messages that exist in the programs', (heading) => {
    const quotes = readTable(TEXT, heading).flatMap((row) => quotesOf(QUOTING.map((column) => row[column] ?? '').join('')));
    expect(quotes.length).toBeGreaterThan(2);
    expect(quotes.filter((quote) => !OF_CLIENTS.includes(quote) && !piecesOf(quote).every((piece) => sources.includes(piece)))).toEqual([]);
  });

  const namedReasons = readTable(TEXT, '## The Connector is not Ready')
    .flatMap((row) => row['Reason']?.split(/\W+/) ?? [])
    .filter((word) => /^[A-Z]/.test(word));

  it('names reasons that exist', () => {
    const known = [...Object.keys(REASON_TABLE), 'CACertReady'];
    expect(namedReasons.filter((reason) => !known.includes(reason))).toEqual([]);
  });

  it('has a row for each reason for which a Connector is not Ready', () => {
    const ofConnectors: readonly ConditionType[] = [
      'ConnectorClassReady',
      'SecretReady',
      'LivenessReady',
      'AuthReady',
      'ProxyServiceReady',
    ];
    const reasons = Object.entries(REASON_TABLE)
      .filter(([, { status, conditions }]) => status !== 'True' && conditions.some((type) => ofConnectors.includes(type)))
      .map(([reason]) => reason);
    expect(reasons.filter((reason) => !namedReasons.includes(reason))).toEqual([]);
  });
});

/** Returns the code spans of a cell. A cell that consists of one code span has no backticks any more. */
function quotesOf(cell: string): string[] {
  const spans = [...cell.matchAll(/`([^`]+)`/g)].map(([, quote]) => quote ?? '');
  return spans.length === 0 && !/^(?:Another text|429|A pull)/.test(cell) ? [cell] : spans;
}

function piecesOf(quote: string): string[] {
  return quote
    .split(PLACEHOLDERS)
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= MIN_LENGTH);
}
