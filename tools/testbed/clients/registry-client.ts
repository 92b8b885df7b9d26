import { type Content } from '../content';

/** What is asked of every client; the columns of the matrix. */
export const OPERATIONS = ['push', 'pull by tag', 'pull by digest', 'list tags', 'list referrers', 'copy multi-arch', 'delete'] as const;

export type Operation = (typeof OPERATIONS)[number];

/** One cell's surroundings: a client, a registry behind a Connector, a scheme. */
export interface ClientSession {
  readonly scheme: 'http' | 'https';
  /** Host (and port) of the proxy as the client names it. */
  readonly host: string;
  /** `HOST/PATH` of a repository that is this cell's alone. */
  readonly repository: string;
  /** Directory with a docker-style config.json that holds the login for `host`, and for port 80 of it. */
  readonly dockerConfig: string;
  /** CA of the proxy: what a client is given instead of a switch that turns verification off. */
  readonly caFile: string;
  /** Directory holding that CA as `ca.crt`, the form containers/image wants. */
  readonly caDirectory: string;
  /** The same login as in `dockerConfig`, for clients that take it no other way. */
  readonly login: { readonly username: string; readonly password: string };
  /** Empty directory of this cell. */
  readonly directory: string;
  readonly content: Content;
}

/** What an operation proved: the digest that the client pushed or got, or what it listed. */
export interface Outcome {
  readonly digest?: string;
  readonly tags?: readonly string[];
  /** Digests of the manifests that it attached to the image, and of those that it then found there. */
  readonly referrers?: { readonly attached: readonly string[]; readonly listed: readonly string[] };
}

/** How many manifests are attached to an image before its referrers are listed: more than a page of the registry that has pages. */
export const REFERRERS = 3;

/** What is attached. */
export const ARTIFACT_TYPE = 'application/vnd.example.note';

/** Attaches one manifest after the other, as a registry without a list of referrers needs it, and lists them. */
export async function attachAndList(attach: (number: number) => Promise<string>, list: () => Promise<string>): Promise<Outcome> {
  const attached: string[] = [];
  for (let number = 1; number <= REFERRERS; number++) {
    attached.push(digestIn(await attach(number)));
  }
  return { referrers: { attached, listed: [...(await list()).matchAll(DIGEST)].map(([digest]) => digest) } };
}

const DIGEST = /sha256:[0-9a-f]{64}/g;

/**
 * A real client. An operation that it does not offer is absent and prints `n/a`. Operations run in the order of
 * {@link OPERATIONS}; a later one may rely on what an earlier one pushed.
 */
export interface RegistryClient {
  readonly name: string;
  readonly operations: Partial<Record<Operation, (session: ClientSession) => Promise<Outcome>>>;
}

/** The environment a client runs in: nothing of the caller's but the search path. */
export function clientEnvironment(session: ClientSession, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: session.directory,
    DOCKER_CONFIG: session.dockerConfig,
    ...(session.scheme === 'https' && { SSL_CERT_FILE: session.caFile }),
    ...extra,
  };
}

/** The first sha256 digest in a text. @throws Error when there is none */
export function digestIn(text: string): string {
  const [digest] = /sha256:[0-9a-f]{64}/.exec(text) ?? [];
  if (!digest) {
    throw new Error(`no digest in: ${text.slice(0, 300)}`);
  }
  return digest;
}

/** The lines of a text that are not empty. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
