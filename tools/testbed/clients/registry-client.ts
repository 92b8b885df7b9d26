import path from 'node:path';
import { type Content } from '../content';

/** The operations that every client runs; the columns of the matrix. */
export const OPERATIONS = ['push', 'pull by tag', 'pull by digest', 'list tags', 'list referrers', 'copy multi-arch', 'delete'] as const;

export type Operation = (typeof OPERATIONS)[number];

/** What a client is told about the host that it uses. Through the forward proxy it is told nothing. */
export interface HostSettings {
  /** Directory with a docker config.json that contains the login for the host, and for its port 80. */
  readonly dockerConfig: string;
  /** File with the CA of the host, so that clients need not disable verification. */
  readonly caFile: string;
  /** Directory that contains this CA as `ca.crt`, as containers/image requires it. */
  readonly caDirectory: string;
  /** The same login as in `dockerConfig`, for clients that require it as arguments. */
  readonly login: { readonly username: string; readonly password: string };
}

/** The environment of one cell of the matrix: a client, a registry behind a Connector, a scheme. */
export interface ClientSession {
  readonly scheme: 'http' | 'https';
  /** Host (and port) in the names that the client uses. */
  readonly host: string;
  /** `HOST/PATH` of a repository that only this cell uses. */
  readonly repository: string;
  readonly settings?: HostSettings;
  /** Further environment variables of the client. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A directory for this cell, empty at first. */
  readonly directory: string;
  readonly content: Content;
}

/** The result of an operation: the digest that the client pushed or pulled, or its list. */
export interface Outcome {
  readonly digest?: string;
  readonly tags?: readonly string[];
  /** Digests of the manifests that the client attached to the image, and of those that it listed afterwards. */
  readonly referrers?: { readonly attached: readonly string[]; readonly listed: readonly string[] };
}

/**
 * Number of manifests that are attached to an image before its referrers are listed: more than fit in one page of the registry
 * with pages.
 */
export const REFERRERS = 3;

/** Type of the attached manifests. */
export const ARTIFACT_TYPE = 'application/vnd.example.note';

/** Attaches the manifests one after the other, as required by a registry without a referrers API, and lists them. */
export async function attachAndList(attach: (number: number) => Promise<string>, list: () => Promise<string>): Promise<Outcome> {
  const attached: string[] = [];
  for (let number = 1; number <= REFERRERS; number++) {
    attached.push(digestIn(await attach(number)));
  }
  return { referrers: { attached, listed: [...(await list()).matchAll(DIGEST)].map(([digest]) => digest) } };
}

const DIGEST = /sha256:[0-9a-f]{64}/g;

/**
 * A real client. An operation that it does not support is absent, and the matrix shows `n/a`. Operations run in the order of
 * {@link OPERATIONS}; a later one may use the content that an earlier one pushed.
 */
export interface RegistryClient {
  readonly name: string;
  readonly operations: Partial<Record<Operation, (session: ClientSession) => Promise<Outcome>>>;
}

/** Returns the option with the file that contains the login. */
export function loginOption(option: '--authfile' | '--registry-config', { settings }: ClientSession): string[] {
  return settings ? [`${option}=${path.join(settings.dockerConfig, 'config.json')}`] : [];
}

/** Returns the environment of a client, which is independent of the caller's environment. */
export function clientEnvironment(session: ClientSession, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: session.directory,
    ...(session.settings && { DOCKER_CONFIG: session.settings.dockerConfig }),
    ...(session.settings && session.scheme === 'https' && { SSL_CERT_FILE: session.settings.caFile }),
    ...session.variables,
    ...extra,
  };
}

/**
 * Returns the first sha256 digest in a text.
 *
 * @throws Error when there is none
 */
export function digestIn(text: string): string {
  const [digest] = /sha256:[0-9a-f]{64}/.exec(text) ?? [];
  if (!digest) {
    throw new Error(`no digest in: ${text.slice(0, 300)}`);
  }
  return digest;
}

/** Returns the lines of a text that are not empty. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
