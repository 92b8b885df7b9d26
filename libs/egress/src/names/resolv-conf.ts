import { isIP } from 'node:net';

/** The supported settings of resolv.conf(5). */
export interface ResolvConf {
  /** `ADDRESS` or `ADDRESS:PORT`, an IPv6 address with a port in brackets; never empty. */
  readonly servers: readonly string[];
  /** Domains without a dot at the end; an empty string for the root. */
  readonly search: readonly string[];
  /** A name with fewer dots is tried in the search domains first. */
  readonly ndots: number;
  /** How long to wait for a server before the next one is asked. */
  readonly timeoutMs: number;
  /** How often each server is asked. */
  readonly attempts: number;
  /** Whether each lookup begins with another server. */
  readonly rotate: boolean;
  /** Whether no IPv6 addresses are requested. */
  readonly noAaaa: boolean;
}

/** MAXNS of glibc and musl: they ignore further servers. */
const MAX_SERVERS = 3;
/** Kubernetes allows 32 search domains for a pod. */
const MAX_SEARCH = 32;
/** The greatest values that glibc accepts for `ndots`, `timeout` and `attempts`. */
const MAX_OPTIONS = { ndots: 15, timeout: 30, attempts: 5 };
/** The server that glibc and musl ask when none is configured. */
const DEFAULT_SERVER = '127.0.0.1';

interface Draft {
  servers: string[];
  search: string[];
  options: Map<string, string>;
}

/** Parses resolv.conf(5) as glibc does: unknown lines are ignored, the last of `domain` and `search` counts, options accumulate. */
export function parseResolvConf(text: string): ResolvConf {
  const draft: Draft = { servers: [], search: [], options: new Map() };
  for (const line of text.split('\n')) {
    readLine(line, draft);
  }
  const { servers, search, options } = draft;
  const number = (name: keyof typeof MAX_OPTIONS, fallback: number): number => {
    const value = options.get(name) ?? '';
    return /^\d{1,9}$/.test(value) ? Math.min(Number(value), MAX_OPTIONS[name]) : fallback;
  };
  return {
    servers: servers.length > 0 ? servers.slice(0, MAX_SERVERS) : [DEFAULT_SERVER],
    search: search.slice(0, MAX_SEARCH),
    ndots: number('ndots', 1),
    timeoutMs: Math.max(1, number('timeout', 5)) * 1_000,
    attempts: Math.max(1, number('attempts', 2)),
    rotate: options.has('rotate'),
    noAaaa: options.has('no-aaaa'),
  };
}

function readLine(line: string, draft: Draft): void {
  // A keyword must be at the beginning of its line.
  const [keyword = '', ...rest] = line.split(/\s+/);
  const comment = rest.findIndex((word) => /^[#;]/.test(word));
  const words = rest.slice(0, comment < 0 ? undefined : comment).filter((word) => word !== '');
  if (keyword === 'nameserver') {
    draft.servers.push(...words.slice(0, 1).filter(isServer));
  } else if (keyword === 'search') {
    draft.search = words.map(domain);
  } else if (keyword === 'domain') {
    draft.search = words.slice(0, 1).map(domain);
  } else if (keyword === 'options') {
    for (const word of words) {
      addOption(word, draft.options);
    }
  }
}

/** Whether the text is an address; c-ares' notation of a port is supported as well. */
function isServer(text: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  return isIP(address) !== 0 && (port === undefined || (Number(port) > 0 && Number(port) < 65_536));
}

function domain(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}

function addOption(word: string, options: Map<string, string>): void {
  const colon = word.indexOf(':');
  if (colon < 0) {
    options.set(word, '');
  } else {
    options.set(word.slice(0, colon), word.slice(colon + 1));
  }
}
