import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import {
  OPERATIONS,
  type ClientSession,
  type HostSettings,
  type Operation,
  type Outcome,
  type RegistryClient,
} from './clients/registry-client';
import { expectEqual } from './checks';
import { type Content } from './content';
import { formatTable } from '../processes/progress';
import { type Registry } from './registries';
import { tryCommand } from '../processes/run-command';
import { toolPath } from './toolchain';

/** A Connector that the matrix uses. */
export interface MatrixTarget {
  readonly registry: Registry;
  /** Host in the names that the clients use: of the Connector's Service, or of the registry. */
  readonly host: string;
  /** The schemes to use, each with the prefix of the repository: empty in host form, `namespaces/NS/connectors/NAME/` in path form. */
  readonly prefix: Readonly<Partial<Record<Scheme, string>>>;
  /** What the clients are told about the host. */
  readonly settings?: {
    /** File with the CA of the host. */
    readonly caFile: string;
    /** Returns the login of the clients. */
    readonly login: () => Promise<Login>;
  };
  /** Further environment variables of the clients. */
  readonly variables?: Readonly<Record<string, string>>;
}

type Scheme = ClientSession['scheme'];

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface MatrixOptions {
  readonly clients: readonly RegistryClient[];
  readonly targets: readonly MatrixTarget[];
  readonly content: Content;
  readonly registryCaFile: string;
  readonly directory: string;
  /**
   * Operations that fail because of a limitation of the client, as `CLIENT × REGISTRY × OPERATION`, and the reason. If one succeeds, the
   * run fails.
   */
  readonly limits?: Readonly<Record<string, string>>;
}

type Cell = 'ok' | 'n/a' | 'limit' | `FAIL ${string}`;

export interface MatrixResult {
  readonly table: string;
  readonly passed: number;
  readonly failures: readonly string[];
}

/** Number of clients that run at the same time: each waits for the server half of the time. */
const AT_A_TIME = 3;

/** Runs every client against every registry over every scheme, and checks each result directly in the registry. */
export async function runMatrix(options: MatrixOptions): Promise<MatrixResult> {
  await mkdir(options.directory, { recursive: true });
  const places = options.clients
    .flatMap((client) =>
      options.targets.flatMap((target) => (Object.keys(target.prefix) as Scheme[]).map((scheme) => ({ client, target, scheme }))),
    )
    .map((place, index): Place => ({ ...place, index }));
  const limit = pLimit(AT_A_TIME);
  const rows = await Promise.all(
    places.map((place) =>
      limit(async () => {
        const row = await runRow(options, place);
        process.stdout.write(`  ${cellsOf(row).join('  ')}\n`);
        return row;
      }),
    ),
  );
  const cells = rows.flatMap(({ place, cells: row }) => OPERATIONS.map((operation) => ({ place, operation, cell: row[operation] })));
  const failures = cells
    .filter(({ cell }) => cell.startsWith('FAIL'))
    .map(({ place, operation, cell }) => `${placeName(place).join(' × ')} × ${operation}: ${cell}`);
  const missing = new Set(cells.filter(({ cell }) => cell === 'n/a').map(({ place, operation }) => `${place.client.name}: ${operation}`));
  return {
    table: formatTable(['client', 'registry', 'scheme', ...OPERATIONS], rows.map(cellsOf)),
    passed: cells.filter(({ cell }) => cell === 'ok').length,
    failures: [...failures, ...(await unexpectedlyMissing(missing))],
  };
}

interface Place {
  readonly client: RegistryClient;
  readonly target: MatrixTarget;
  readonly scheme: Scheme;
  readonly index: number;
}

interface Row {
  readonly place: Place;
  readonly cells: Readonly<Record<Operation, Cell>>;
}

const placeName = ({ client, target, scheme }: Place): string[] => [client.name, target.registry.name, scheme];

/** Returns a row of the table. The reasons of failures are printed separately. */
const cellsOf = ({ place, cells }: Row): string[] => [
  ...placeName(place),
  ...OPERATIONS.map((operation) => (cells[operation].startsWith('FAIL') ? 'FAIL' : cells[operation])),
];

async function runRow(options: MatrixOptions, place: Place): Promise<Row> {
  const session = await newSession(options, place);
  const cells: Partial<Record<Operation, Cell>> = {};
  for (const operation of OPERATIONS) {
    cells[operation] = judge(options, place, operation, await runCell(options, { ...place, session, operation }));
  }
  return { place, cells: cells as Record<Operation, Cell> };
}

function judge({ limits = {} }: MatrixOptions, { client, target }: Place, operation: Operation, cell: Cell): Cell {
  if (limits[`${client.name} × ${target.registry.name} × ${operation}`] === undefined) {
    return cell;
  }
  return cell === 'ok' ? 'FAIL it succeeds, although it is listed as a limitation of the client; remove it from the list' : 'limit';
}

/** Returns the missing operations for which the committed list has no reason. They fail the run. */
async function unexpectedlyMissing(missing: ReadonlySet<string>): Promise<string[]> {
  const file = path.join(process.cwd(), 'tools/testbed/not-applicable.json');
  const reasons = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  return [...missing].filter((cell) => !reasons[cell]).map((cell) => `${cell} is n/a, but is not listed in ${file}`);
}

interface CellPlace extends Place {
  readonly session: ClientSession;
  readonly operation: Operation;
}

async function runCell(options: MatrixOptions, place: CellPlace): Promise<Cell> {
  const run = place.client.operations[place.operation];
  if (!run) {
    return 'n/a';
  }
  try {
    await checkAtRegistry(options, place, await run(place.session));
    return 'ok';
  } catch (error) {
    return `FAIL ${(error as Error).message}`;
  }
}

/** The reference that the registry must contain after an operation, as a suffix of the repository. */
const SUFFIXES: Readonly<Partial<Record<Operation, string>>> = {
  push: ':v1',
  'pull by tag': ':v1',
  'pull by digest': ':v1',
  'copy multi-arch': '-copy:multi',
};

/** Checks the result directly in the registry, with the credential that the client does not have. */
async function checkAtRegistry(options: MatrixOptions, place: CellPlace, outcome: Outcome): Promise<void> {
  const { operation, client, session } = place;
  if (operation === 'list tags') {
    return checkTags(place, outcome.tags ?? []);
  }
  if (operation === 'list referrers') {
    return checkReferrers(outcome);
  }
  if (operation === 'delete') {
    if (await digestAtRegistry(options, place, `@${session.content.imageDigest}`)) {
      throw new Error('the registry still has it');
    }
    return;
  }
  const suffix = client.name === 'helm' ? '/sample:1.0.0' : (SUFFIXES[operation] ?? '');
  expectDigest(await digestAtRegistry(options, place, suffix), outcome.digest);
}

function checkReferrers({ referrers = { attached: [], listed: [] } }: Outcome): void {
  expectEqual([...referrers.listed].sort(), [...referrers.attached].sort(), 'referrers');
}

/** Checks that the list contains all tags, to detect an incomplete list. */
function checkTags({ target }: CellPlace, tags: readonly string[]): void {
  const extra = tags.filter((tag) => tag.startsWith('t-')).length;
  if (!tags.includes('v1')) {
    throw new Error(`v1 is not among the tags: ${tags.join(', ')}`);
  }
  expectEqual(extra, target.registry.extraTags ?? 0, 'number of extra tags');
}

function expectDigest(atRegistry: string | undefined, atClient: string | undefined): void {
  if (atRegistry === undefined) {
    throw new Error('the registry does not have it');
  }
  if (atRegistry !== atClient) {
    throw new Error(`the registry has ${atRegistry}, the client ${atClient}`);
  }
}

/** How crane reports that the registry does not have it, among all its failures. */
const ABSENT = /MANIFEST_UNKNOWN|NAME_UNKNOWN|status code 404/;

/** Returns undefined if the registry does not have it. */
async function digestAtRegistry(options: MatrixOptions, { target, session }: CellPlace, suffix: string): Promise<string | undefined> {
  const { registry } = target;
  const { host, protocol } = new URL(registry.address);
  const repository = session.repository.slice(session.host.length + 1 + (target.prefix[session.scheme] ?? '').length);
  // Other rows with the same registry run at the same time, so each has its own file.
  const config = path.join(session.directory, 'direct');
  await writeDockerConfig(config, [host], registry.account);
  const { status, stdout, stderr } = await tryCommand(
    [toolPath('crane'), 'digest', `${host}/${repository}${suffix}`, ...(protocol === 'http:' ? ['--insecure'] : [])],
    { env: { DOCKER_CONFIG: config, SSL_CERT_FILE: registry.privateCa?.file ?? options.registryCaFile, PATH: '/usr/bin' } },
  );
  if (status === 0) {
    return stdout.trim();
  }
  if (!ABSENT.test(stderr)) {
    throw new Error(`the registry could not be asked: ${stderr.trim()}`);
  }
  return undefined;
}

/** Writes a docker config.json with one login for all names of a host, or without a login. */
async function writeDockerConfig(directory: string, hosts: readonly string[], login: Login | undefined): Promise<void> {
  const auth = login && Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const auths = Object.fromEntries(auth ? hosts.map((host) => [host, { auth }]) : []);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'config.json'), JSON.stringify({ auths }), { mode: 0o600 });
}

async function newSession(options: MatrixOptions, place: Place): Promise<ClientSession> {
  const { target, scheme } = place;
  const name = placeName(place).join('-').replaceAll('.', '-');
  const owner = target.registry.owner ? `${target.registry.owner}/` : '';
  // The path is short, because podman refuses a directory whose path is longer than 50 characters.
  const directory = path.join(options.directory, place.index.toString(36));
  await mkdir(directory);
  return {
    scheme,
    host: target.host,
    // Only this run uses the repository; otherwise it could contain content of another run.
    repository: `${target.host}/${target.prefix[scheme] ?? ''}${owner}${path.basename(options.directory)}/${name}`,
    settings: await hostSettings(target, directory),
    variables: target.variables,
    directory,
    content: options.content,
  };
}

async function hostSettings({ host, settings }: MatrixTarget, directory: string): Promise<HostSettings | undefined> {
  if (!settings) {
    return undefined;
  }
  const { caFile } = settings;
  const dockerConfig = path.join(directory, 'docker');
  const caDirectory = path.join(directory, 'certs');
  await mkdir(caDirectory, { recursive: true });
  const login = await settings.login();
  await writeDockerConfig(dockerConfig, [host, `${host}:80`], login);
  await cp(caFile, path.join(caDirectory, 'ca.crt'));
  return { dockerConfig, caFile, caDirectory, login };
}
