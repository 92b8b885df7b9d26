import { DOCKER_HUB_NAMES, isDockerHubName, repositoryPrefix } from '@oci-connector/connector-api';

/** The registry, or the part of it, to look up. */
export interface RegistryName {
  /** Host name or address; an IPv6 address without brackets. */
  host: string;
  /** Absent: the scheme's default port. */
  port?: number;
  /** What stands before every repository, without slashes at its ends; absent or empty: nothing. */
  pathPrefix?: string;
}

/** A key of `auths`, taken apart. */
interface ParsedKey {
  readonly written: string;
  /** In lower case, without a default port. */
  readonly authority: string;
  /** Empty, or begins with a slash. */
  readonly path: string;
}

/** DNS allows 253 octets, a port needs 6 more and each pattern some; nothing longer can be meant. */
const MAX_AUTHORITY_LENGTH = 512;

/**
 * The key of the entry that the kubelet tries first for images of the registry (kubernetes, pkg/credentialprovider/keyring.go): scheme,
 * query and a leading `/v1/` or `/v2/` do not count, the host may hold patterns, the port must match, and the path must be the beginning
 * of the image's. Of several keys the last in the order of bytes comes first, which puts longer paths before shorter ones and names before
 * `*`. The kubelet tries the others when the registry refuses the first; we do not, because each refusal counts towards a lock.
 *
 * Wider than the kubelet where that harms nobody: hosts are compared without regard to case, default ports may be written or left
 * out, and Docker Hub's names stand for each other.
 */
export function findDockerConfigKey(keys: readonly string[], registry: RegistryName): string | undefined {
  const parsed = keys.map(parseKey).filter((key) => key !== undefined);
  // Every image of the Connector lies below its prefix, so a slash follows.
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

/** The registry as the Connector calls it, then the other names of Docker Hub. */
function namesOf(registry: RegistryName): string[] {
  const wanted = authorityOf(registry);
  return isDockerHubName(wanted) ? [wanted, ...DOCKER_HUB_NAMES.filter((name) => name !== wanted)] : [wanted];
}

/** Keys of the registry that are for other paths of it: worth a word when nothing else is found. */
export function keysOfOtherPaths(keys: readonly string[], registry: RegistryName): string[] {
  const names = namesOf(registry);
  return keys.filter((key) => names.some((name) => matchesAuthority(parseKey(key)?.authority ?? '', name)));
}

/** `host[:port]`, in lower case and without a default port. */
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

/** In the reverse order of bytes; of keys that mean the same, the one written most plainly. */
function triedFirst(one: ParsedKey, other: ParsedKey): number {
  const [a, b] = [one, other].map(({ authority, path }) => Buffer.from(authority + path)) as [Buffer, Buffer];
  return Buffer.compare(b, a) || one.written.length - other.written.length;
}

/** Label by label, so that `*` never stands for a dot. */
function matchesAuthority(pattern: string, authority: string): boolean {
  // Brackets of an IPv6 address are no set of characters.
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

/** One piece of a pattern: `*`, a set such as `[a-c7]`, or a character. What Go's url.Parse lets into a host leaves no room for more. */
const PIECES = /\*|\[(?:[^\]\-](?:-[^\]\-])?)+\]|[^*[\]]/gy;

/** Go's filepath.Match of one label, in time that is bounded by the product of both lengths. A pattern that is malformed matches nothing. */
function matchesLabel(pattern: string, label: string): boolean {
  if (!/[*[\]]/.test(pattern)) {
    return pattern === label;
  }
  const pieces = pattern.match(PIECES) ?? [];
  if (pieces.join('') !== pattern) {
    return false;
  }
  // The states that the part read so far can be in: which piece is to come next.
  let states = afterStars(new Set([0]), pieces);
  for (const character of label) {
    const next = [...states].filter((at) => pieces[at] !== undefined && matchesPiece(pieces[at], character));
    states = afterStars(new Set(next.map((at) => (pieces[at] === '*' ? at : at + 1))), pieces);
  }
  return states.has(pieces.length);
}

/** A `*` may stand for nothing. */
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
