import { DOCKER_HUB_NAMES, isDockerHubName, repositoryPrefix } from '@oci-connector/connector-api';

/** The registry, or the part of it, to find the entry for. */
export interface RegistryName {
  /** Host name or address; an IPv6 address without brackets. */
  host: string;
  /** Absent: the scheme's default port. */
  port?: number;
  /** The prefix of every repository, without slashes at the ends; absent or empty: none. */
  pathPrefix?: string;
}

/** A parsed key of `auths`. */
interface ParsedKey {
  readonly written: string;
  /** In lower case, without a default port. */
  readonly authority: string;
  /** Empty, or begins with a slash. */
  readonly path: string;
}

/** DNS allows 253 octets, and a port and patterns need a few more. A longer text cannot be a host. */
const MAX_AUTHORITY_LENGTH = 512;

/**
 * Returns the key of the entry that the kubelet tries first for images of the registry (kubernetes, pkg/credentialprovider/keyring.go).
 * Scheme, query and a leading `/v1/` or `/v2/` are ignored, the host may contain patterns, the port must match, and the path must be a
 * prefix of the image's path. Of several keys, the last in byte order is used: longer paths before shorter ones, and names before `*`. The
 * kubelet tries the other keys when the registry refuses the first one. We do not, because each refusal counts towards an account lock.
 *
 * More tolerant than the kubelet where that is harmless: the case of hosts is ignored, default ports may be written or omitted, and Docker
 * Hub's names are equivalent.
 */
export function findDockerConfigKey(keys: readonly string[], registry: RegistryName): string | undefined {
  const parsed = keys.map(parseKey).filter((key) => key !== undefined);
  // Every image of the Connector is below its prefix, so a slash follows.
  const prefix = repositoryPrefix({ pathPrefix: registry.pathPrefix ?? '' });
  const path = prefix === '' ? '/' : `/${prefix}/`;
  const ofPath = parsed.filter((key) => path.startsWith(key.path));
  for (const name of namesOf(registry)) {
    const [best] = ofPath.filter(({ authority }) => matchesAuthority(authority, name)).sort(triedFirst);
    if (best) {
      return best.written;
    }
  }
  return undefined;
}

/** Returns the registry's name in the Connector, then the other names of Docker Hub if it is that. */
function namesOf(registry: RegistryName): string[] {
  const wanted = authorityOf(registry);
  return isDockerHubName(wanted) ? [wanted, ...DOCKER_HUB_NAMES.filter((name) => name !== wanted)] : [wanted];
}

/** Returns the keys for other paths of the registry, for the message when there is no matching key. */
export function keysOfOtherPaths(keys: readonly string[], registry: RegistryName): string[] {
  const names = namesOf(registry);
  return keys.filter((key) => names.some((name) => matchesAuthority(parseKey(key)?.authority ?? '', name)));
}

/** Returns `host[:port]`, in lower case and without a default port. */
export function authorityOf({ host, port }: RegistryName): string {
  const name = (host.includes(':') ? `[${host}]` : host).toLowerCase();
  return port === undefined || port === 443 || port === 80 ? name : `${name}:${port}`;
}

function parseKey(written: string): ParsedKey | undefined {
  const parts = /^(?:https?:\/\/)?(?:[^/?#@]*@)?([^/?#@]+)([^?#]*)/i.exec(written.trim());
  const [, authority = '', path = ''] = parts ?? [];
  if (authority === '' || authority.length > MAX_AUTHORITY_LENGTH) {
    return undefined;
  }
  const below = path.replace(/^\/v[12](?=\/|$)/, '');
  return { written, authority: authority.toLowerCase().replace(/:(?:443|80)$/, ''), path: below === '/' ? '' : below };
}

/** Compares in reverse byte order. Of equivalent keys, the shortest notation is first. */
function triedFirst(one: ParsedKey, other: ParsedKey): number {
  const [a, b] = [one, other].map(({ authority, path }) => Buffer.from(authority + path)) as [Buffer, Buffer];
  return Buffer.compare(b, a) || one.written.length - other.written.length;
}

/** Compares label by label, so that `*` never matches a dot. */
function matchesAuthority(pattern: string, authority: string): boolean {
  // The brackets of an IPv6 address are not a set of characters.
  if (pattern === authority || pattern.startsWith('[')) {
    return pattern === authority;
  }
  const [patternHost, patternPort] = splitPort(pattern);
  const [host, port] = splitPort(authority);
  const [patterns, labels] = [patternHost.split('.'), host.split('.')];
  if (patternPort !== port || patterns.length !== labels.length) {
    return false;
  }
  return patterns.every((label, index) => matchesLabel(label, labels[index] ?? ''));
}

function splitPort(authority: string): [string, string] {
  const [, host = authority, port = ''] = /^(.*):(\d+)$/.exec(authority) ?? [];
  return [host, port];
}

/** One piece of a pattern: `*`, a set such as `[a-c7]`, or a character. Go's url.Parse allows no other pieces in a host. */
const PIECES = /\*|\[(?:[^\]\-](?:-[^\]\-])?)+\]|[^*[\]]/gy;

/** Matches one label like Go's filepath.Match. The time is limited by the product of both lengths. A malformed pattern matches nothing. */
function matchesLabel(pattern: string, label: string): boolean {
  if (!/[*[\]]/.test(pattern)) {
    return pattern === label;
  }
  const pieces = pattern.match(PIECES) ?? [];
  if (pieces.join('') !== pattern) {
    return false;
  }
  // The possible states after the characters read so far: the indexes of the next piece.
  let states = afterStars(new Set([0]), pieces);
  for (const character of label) {
    const next = [...states].filter((at) => pieces[at] !== undefined && matchesPiece(pieces[at], character));
    states = afterStars(new Set(next.map((at) => (pieces[at] === '*' ? at : at + 1))), pieces);
  }
  return states.has(pieces.length);
}

/** Adds the states after each `*`, which may match nothing. */
function afterStars(states: Set<number>, pieces: readonly string[]): Set<number> {
  for (const at of states) {
    if (pieces[at] === '*') {
      states.add(at + 1);
    }
  }
  return states;
}

function matchesPiece(piece: string, character: string): boolean {
  if (!piece.startsWith('[')) {
    return piece === '*' || piece === character;
  }
  const ranges = piece.slice(1, -1).match(/.(?:-.)?/gu) ?? [];
  return ranges.some((range) => (range[0] ?? '') <= character && character <= (range.at(-1) ?? ''));
}
