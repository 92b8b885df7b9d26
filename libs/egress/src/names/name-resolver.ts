import { networkInterfaces } from 'node:os';
import { type Clock, systemClock } from '@oci-connector/clock';
import { LRUCache } from 'lru-cache';
import { askName, type NameAnswer, ordered } from './ask-name';
import { candidatesOf } from './candidates';
import { type Hosts, parseHostsFile } from './hosts-file';
import { LookupError } from './lookup-error';
import { type LookupAll, type LookupCaller } from './lookup-all';
import { parseResolvConf, type ResolvConf } from './resolv-conf';
import { type LookupLimits, SharedLookups } from './shared-lookups';
import { WatchedFile } from './watched-file';

/** The resolver's inputs. The defaults are the system's. */
export interface NameResolverOptions {
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  readonly clock?: Pick<Clock, 'monotonic' | 'setTimeout'>;
  readonly limits?: LookupLimits;
  /** Returns the family whose addresses are first. Default: depends on the machine's addresses. */
  readonly firstFamily?: () => 4 | 6;
}

/** The time limit of one lookup with all its search domains, servers and attempts: half of the time for a connection. */
const DEADLINE_MS = 5_000;
/** How long a failure, or an answer for only one family, is cached: as long as CoreDNS's TTL for absent names of the cluster. */
const FAILURE_MS = 5_000;
/** The limits of the time for which addresses are cached. Between them, their TTL counts. */
const MIN_TTL_MS = 1_000;
const MAX_TTL_MS = 30_000;
/**
 * How long addresses stay in use when no name server answers, or all answer with errors (RFC 8767), after they were last confirmed. An
 * outage of the cluster's DNS usually ends within this time.
 */
const STALE_MS = 3_600_000;
/** How long such addresses are used before the name servers are asked again: what RFC 8767 §4 recommends. */
const STALE_TTL_MS = 30_000;
/** The time limit of a lookup after which known addresses are used: about the client response timer of RFC 8767 §5. */
const STALE_WAIT_MS = 2_000;
/** The most cached answers. An answer has at most 64 addresses. */
const MAX_ANSWERS = 2_000;
/** A Connector needs a few names; `perOwner` limits a registry that redirects to ever new ones. Each query of a lookup has its own socket. */
const LIMITS: LookupLimits = { perOwner: 32, total: 512 };

const LOOPBACK = ['127.0.0.1', '::1'];

interface Remembered {
  readonly answer: readonly string[] | LookupError;
  /** By the monotonic clock, as all times. */
  readonly until: number;
  /** The end of the time in which it is used if the name servers do not answer. */
  readonly staleUntil: number;
}

interface Search {
  readonly name: string;
  readonly conf: ResolvConf;
  /** The time limit of all candidates, servers and attempts, after which the signal aborts. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Resolves names to addresses with the hosts file and the name servers of resolv.conf(5), with glibc's search list. Unlike `getaddrinfo`
 * it uses no thread of Node.js' pool, so a name whose servers do not respond delays no other lookup. Each lookup has a deadline, only one
 * lookup of a name is in flight, failures are cached for seconds, and lookups are counted for each owner. Known addresses stay in use for an
 * hour when the name servers do not answer. NSS modules other than files
 * and dns are not supported (docs/adr/0024).
 */
export class NameResolver {
  readonly #hosts: WatchedFile<Hosts>;
  readonly #resolvConf: WatchedFile<ResolvConf>;
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimeout'>;
  readonly #firstFamily: () => 4 | 6;
  readonly #flights: SharedLookups<readonly string[]>;
  readonly #answers = new LRUCache<string, Remembered>({ max: MAX_ANSWERS });
  /** The configuration that the cached answers were obtained with. */
  #conf?: ResolvConf;
  #rotation = 0;

  constructor(options: NameResolverOptions = {}) {
    this.#hosts = new WatchedFile(options.hostsFile ?? '/etc/hosts', parseHostsFile);
    this.#resolvConf = new WatchedFile(options.resolvConf ?? '/etc/resolv.conf', parseResolvConf);
    this.#clock = options.clock ?? systemClock;
    this.#firstFamily = options.firstFamily ?? firstFamilyHere;
    this.#flights = new SharedLookups(options.limits ?? LIMITS);
  }

  /**
   * Returns all addresses of a name, at least one. The name must be in lower case and not an address. A name with a dot at the end is not
   * searched in the search domains.
   *
   * @throws LookupError when there is no address
   */
  readonly lookup: LookupAll = async (name, caller) => (await this.#lookup(name, caller)).map((address) => ({ address }));

  async #lookup(name: string, { owner }: LookupCaller): Promise<readonly string[]> {
    const local = await this.#local(name);
    if (local) {
      return local;
    }
    const conf = await this.#resolvConf.current();
    if (conf !== this.#conf) {
      this.#answers.clear();
    }
    this.#conf = conf;
    const known = this.#answers.get(name);
    if (known && known.until > this.#clock.monotonic()) {
      return given(known.answer);
    }
    return this.#flights.join(name, owner, (abandoned) => this.#ask(name, conf, abandoned));
  }

  /** Returns the addresses that need no name server: those of the hosts file, and of localhost (RFC 6761 §6.3). */
  async #local(name: string): Promise<readonly string[] | undefined> {
    const relative = name.replace(/\.$/, '');
    const addresses = (await this.#hosts.current()).get(relative) ?? (/(^|\.)localhost$/.test(relative) ? LOOPBACK : undefined);
    return addresses && ordered(addresses, this.#firstFamily());
  }

  async #ask(name: string, conf: ResolvConf, abandoned: AbortSignal): Promise<readonly string[]> {
    const known = this.#answers.get(name);
    const stale = known && known.staleUntil > this.#clock.monotonic() ? known : undefined;
    const limitMs = stale ? STALE_WAIT_MS : DEADLINE_MS;
    const deadline = new AbortController();
    const timer = this.#clock.setTimeout(() => deadline.abort(), limitMs);
    const answer = await this.#search({ name, conf, limitMs, signal: AbortSignal.any([abandoned, deadline.signal]) });
    timer.cancel();
    const remembered = this.#remembered(name, answer, stale);
    if (conf === this.#conf && !abandoned.aborted) {
      this.#answers.set(name, remembered);
    }
    return given(remembered.answer);
  }

  /** @param stale addresses to use when the servers do not answer */
  #remembered(name: string, answer: NameAnswer, stale?: Remembered): Remembered {
    const now = this.#clock.monotonic();
    if (typeof answer !== 'string') {
      const addresses = ordered(answer.addresses, this.#firstFamily());
      return { answer: addresses, until: now + lifetime(answer), staleUntil: now + STALE_MS };
    }
    if (stale && answer !== 'absent') {
      return { ...stale, until: now + STALE_TTL_MS };
    }
    return { answer: problem(name, answer), until: now + FAILURE_MS, staleUntil: now };
  }

  /**
   * Asks for the candidates of a name as glibc does. It continues with the next candidate when one is absent or its servers respond with
   * errors. It does not continue when they do not respond, because then it is not known which name is meant.
   */
  async #search({ name, conf, limitMs, signal }: Search): Promise<NameAnswer> {
    const intervalMs = Math.min(conf.timeoutMs, limitMs / (conf.servers.length * conf.attempts));
    const families = conf.noAaaa ? ([4] as const) : ([4, 6] as const);
    let first = conf.rotate ? this.#rotation++ % conf.servers.length : 0;
    // An unreachable server costs one interval, not one for each search domain.
    const onAnswer = (server: string): void => void (first = conf.servers.indexOf(server));
    let worst: NameAnswer = 'absent';
    for (const candidate of candidatesOf(name, conf)) {
      const answer = await askName(
        { name: candidate, servers: inTurn(conf, first), intervalMs, signal, clock: this.#clock, onAnswer },
        families,
      );
      if (answer === 'failed') {
        worst = answer;
      } else if (answer !== 'absent') {
        return answer;
      }
    }
    return worst;
  }
}

/** Returns the servers in order, each as often as it may be asked. */
function inTurn({ servers, attempts }: ResolvConf, first: number): string[] {
  const round = [...servers.slice(first), ...servers.slice(0, first)];
  return Array.from({ length: attempts }, () => round).flat();
}

function lifetime({ complete, ttl }: Exclude<NameAnswer, string>): number {
  return complete ? Math.min(Math.max(ttl * 1_000, MIN_TTL_MS), MAX_TTL_MS) : FAILURE_MS;
}

function problem(name: string, answer: 'absent' | 'failed' | 'silent'): LookupError {
  switch (answer) {
    case 'absent':
      return new LookupError('absent', `the name servers know no address of ${name}`);
    case 'failed':
      return new LookupError('unanswered', `the name servers answered with errors`);
    case 'silent':
      return new LookupError('unanswered', `no name server answered within ${DEADLINE_MS / 1_000} s`);
  }
}

function given(answer: readonly string[] | LookupError): readonly string[] {
  if (answer instanceof LookupError) {
    throw answer;
  }
  return answer;
}

/** A short form of RFC 6724: IPv6 first when this machine has a global IPv6 address, or no IPv4 address except loopback. */
function firstFamilyHere(): 4 | 6 {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outward = addresses.filter(({ internal }) => !internal);
  const hasIPv4 = outward.some(({ family }) => family === 'IPv4');
  const hasGlobalIPv6 = outward.some(({ family, address }) => family === 'IPv6' && /^[23]/.test(address));
  return hasGlobalIPv6 || (!hasIPv4 && outward.length > 0) ? 6 : 4;
}
