import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isJsonObject } from '@oci-connector/http';
import { parse } from 'yaml';
import { KubeConfigError } from './kube.errors';

/** A cluster of a kubeconfig. File names are absolute. */
export interface KubeconfigCluster {
  readonly name: string;
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
}

/** A user of a kubeconfig. File names are absolute. */
export interface KubeconfigUser {
  readonly name: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
  readonly exec?: KubeconfigExec;
  readonly 'auth-provider'?: { readonly name?: string };
}

export interface KubeconfigExec {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

interface KubeconfigContext {
  readonly name: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

/** The entries that the current context of a kubeconfig names. */
export interface CurrentContext {
  readonly cluster: KubeconfigCluster;
  /** Absent: no credential. */
  readonly user?: KubeconfigUser;
  readonly namespace?: string;
}

/** Several files merged into one. Of two entries with the same name, and of two current contexts, the first counts. */
interface Merged {
  readonly files: readonly string[];
  readonly currentContext: string;
  readonly clusters: Map<string, KubeconfigCluster>;
  readonly users: Map<string, KubeconfigUser>;
  readonly contexts: Map<string, KubeconfigContext>;
}

type Entry = Readonly<Record<string, unknown>> & { readonly name: string };

const TEXT = (value: unknown): boolean => typeof value === 'string';
const TEXTS = (value: unknown): boolean => Array.isArray(value) && value.every(TEXT);

type Check = readonly [expected: string, test: (value: unknown) => boolean];
const text: Check = ['a string', TEXT];

/** The fields that are used, with client-go's types. A field of another type is an error, as in client-go; unknown fields are ignored. */
const CHECKS = {
  cluster: {
    ...fields(['server', 'certificate-authority', 'certificate-authority-data', 'tls-server-name', 'proxy-url']),
    'insecure-skip-tls-verify': ['true or false', (value) => typeof value === 'boolean'],
  },
  user: {
    ...fields([
      'token',
      'tokenFile',
      'client-certificate',
      'client-certificate-data',
      'client-key',
      'client-key-data',
      'username',
      'password',
      'as',
      'as-uid',
    ]),
    'as-groups': ['a list of strings', TEXTS],
    'as-user-extra': ['a map of lists of strings', (value) => isJsonObject(value) && Object.values(value as object).every(TEXTS)],
    exec: ['an object with the strings command and apiVersion, a list args of strings, and a list env of names and values', isExec],
    'auth-provider': ['an object', isJsonObject],
  },
  context: fields(['cluster', 'user', 'namespace']),
} satisfies Record<string, Record<string, Check>>;

function isExec(value: unknown): boolean {
  if (!isJsonObject(value)) {
    return false;
  }
  const { command, apiVersion, args, env } = value;
  const isAbsentOr = (field: unknown, test: (field: unknown) => boolean): boolean => (field ?? null) === null || test(field);
  const isVariable = (item: unknown): boolean => isJsonObject(item) && TEXT(item['name']) && isAbsentOr(item['value'], TEXT);
  return (
    isAbsentOr(command, TEXT) &&
    isAbsentOr(apiVersion, TEXT) &&
    isAbsentOr(args, TEXTS) &&
    isAbsentOr(env, (list) => Array.isArray(list) && list.every(isVariable))
  );
}

function fields(names: readonly string[]): Record<string, Check> {
  return Object.fromEntries(names.map((name) => [name, text]));
}

/** Fields with file names, relative to the kubeconfig. */
const FILES = ['certificate-authority', 'tokenFile', 'client-certificate', 'client-key'];

/**
 * Returns the current context of kubeconfig files, read and merged as in client-go (tools/clientcmd, loader.go). A file that does not
 * exist is ignored unless `required`, paths are relative to their file, and names must be unique within a file.
 *
 * @param options.context the context to use instead of the current one
 * @returns undefined when no file exists, or all of them are empty
 * @throws KubeConfigError when a file or the current context cannot be used
 */
export async function readKubeconfig(
  files: readonly string[],
  options: { readonly required: boolean; readonly context?: string },
): Promise<CurrentContext | undefined> {
  const merged: Merged = { files, currentContext: '', clusters: new Map(), users: new Map(), contexts: new Map() };
  let { currentContext } = merged;
  for (const file of new Set(files)) {
    const config = await readConfig(file, options.required);
    addEntries(merged, config, file);
    if (currentContext === '') {
      currentContext = optionalText(config['current-context'], `${file}: current-context`);
    }
  }
  const isEmpty = currentContext === '' && merged.clusters.size === 0 && merged.contexts.size === 0;
  return isEmpty && !options.required && options.context === undefined
    ? undefined
    : resolveContext({ ...merged, currentContext: options.context ?? currentContext });
}

async function readConfig(file: string, required: boolean): Promise<Record<string, unknown>> {
  let content: unknown;
  try {
    // The parser's warnings would quote lines, and one of them may be a token.
    content = parse(await readFile(file, 'utf8'), { logLevel: 'error' });
  } catch (cause) {
    if (!required && (cause as NodeJS.ErrnoException).code === 'ENOENT') {
      return {};
    }
    // Without the parser's message, for the same reason.
    throw new KubeConfigError(`${file} cannot be read${cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''}`);
  }
  if (content === null || content === undefined) {
    return {};
  }
  if (!isJsonObject(content)) {
    throw new KubeConfigError(`${file} is not a kubeconfig: it must be an object with clusters, users and contexts`);
  }
  return content;
}

function addEntries(merged: Merged, config: Readonly<Record<string, unknown>>, file: string): void {
  const add = (list: string, kind: keyof typeof CHECKS, into: Map<string, unknown>): void => {
    for (const entry of entriesOf(config[list], { list, kind, file })) {
      if (!into.has(entry.name)) {
        into.set(entry.name, entry);
      }
    }
  };
  add('clusters', 'cluster', merged.clusters);
  add('users', 'user', merged.users);
  add('contexts', 'context', merged.contexts);
}

interface Place {
  readonly list: string;
  readonly kind: keyof typeof CHECKS;
  readonly file: string;
}

function entriesOf(value: unknown, place: Place): Entry[] {
  const { list, kind, file } = place;
  if (value !== null && value !== undefined && !Array.isArray(value)) {
    throw new KubeConfigError(`${file}: ${list} must be a list`);
  }
  const names = new Set<string>();
  return ((value ?? []) as unknown[]).map((item) => {
    const { name, [kind]: content } = (isJsonObject(item) ? item : {}) as Record<string, unknown>;
    if (typeof name !== 'string') {
      throw new KubeConfigError(`${file}: every entry of ${list} must have a name`);
    }
    if (names.has(name)) {
      throw new KubeConfigError(`${file}: ${list} has the name ${JSON.stringify(name)} twice`);
    }
    names.add(name);
    return { ...checked((content ?? {}) as Record<string, unknown>, `${file}: ${kind} ${JSON.stringify(name)}`, place), name };
  });
}

function checked(content: Readonly<Record<string, unknown>>, where: string, { kind, file }: Place): Record<string, unknown> {
  if (!isJsonObject(content)) {
    throw new KubeConfigError(`${where} must be an object`);
  }
  const checks: Record<string, Check> = CHECKS[kind];
  const present = Object.entries(content).filter(([, value]) => value !== null && value !== '');
  for (const [field, value] of present) {
    const check = Object.hasOwn(checks, field) ? checks[field] : undefined;
    if (check && !check[1](value)) {
      throw new KubeConfigError(`${where}: ${field} must be ${check[0]}`);
    }
  }
  return Object.fromEntries(present.map(([field, value]) => [field, withAbsolutePath(field, value, file)]));
}

/** As in kubectl: a command with a slash is relative to the kubeconfig; one without a slash is searched in `PATH`. */
function withAbsoluteCommand(exec: KubeconfigExec, file: string): KubeconfigExec {
  const { command } = exec;
  return command?.includes('/') ? { ...exec, command: resolve(dirname(file), command) } : exec;
}

function withAbsolutePath(field: string, value: unknown, file: string): unknown {
  if (field === 'exec') {
    return withAbsoluteCommand(value as KubeconfigExec, file);
  }
  return FILES.includes(field) ? resolve(dirname(file), value as string) : value;
}

function optionalText(value: unknown, where: string): string {
  if (value !== null && value !== undefined && typeof value !== 'string') {
    throw new KubeConfigError(`${where} must be a string`);
  }
  return value ?? '';
}

function resolveContext({ files, currentContext, clusters, users, contexts }: Merged): CurrentContext {
  const place = files.join(', ');
  const known = [...contexts.keys()].map((name) => JSON.stringify(name)).join(', ') || 'none';
  if (currentContext === '') {
    throw new KubeConfigError(`${place}: current-context is not set; set it with "kubectl config use-context" (contexts: ${known})`);
  }
  const context = contexts.get(currentContext);
  if (!context) {
    throw new KubeConfigError(
      `${place}: context ${JSON.stringify(currentContext)} does not exist; choose another one, or set the current one with "kubectl config use-context" (contexts: ${known})`,
    );
  }
  const named = <T>(map: Map<string, T>, kind: 'cluster' | 'user'): T | undefined => {
    const name = context[kind];
    if (name === undefined) {
      return undefined;
    }
    const found = map.get(name);
    if (!found) {
      throw new KubeConfigError(
        `${place}: context ${JSON.stringify(currentContext)} names the ${kind} ${JSON.stringify(name)}, which does not exist`,
      );
    }
    return found;
  };
  const cluster = named(clusters, 'cluster');
  if (!cluster) {
    throw new KubeConfigError(`${place}: context ${JSON.stringify(currentContext)} names no cluster`);
  }
  return { cluster, user: named(users, 'user'), namespace: context.namespace?.trim() };
}
