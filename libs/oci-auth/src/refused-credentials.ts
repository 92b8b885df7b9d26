import { createHash, randomBytes } from 'node:crypto';
import { type WallClock } from '@oci-connector/clock';
import { LRUCache } from 'lru-cache';
import { OciAuthError } from './oci-auth.errors';
import { type RegistryCredential } from './upstream-registry';

/** A refused credential is not sent again for so long: accounts lock after a few wrong passwords. */
const REFUSED_CREDENTIAL_MS = 30 * 60_000;

/**
 * A refusal is believed for this long only when another credential of the same user name was refused that shortly before or after:
 * Harbor then refuses every password of the user for 1.5 s, the right one too. And when the credential had been found to be good.
 */
const DOUBTFUL_MS = 10_000;

/** That a credential is good is believed for so long, so that missing rights do not become a login each. */
const ACCEPTED_MS = 60_000;

/** Far more credentials than 10,000 Connectors use. */
const MAX_CREDENTIALS = 20_000;

/** Who judges a credential: a token server and its service, or a registry that takes Basic. */
export interface CredentialJudge {
  readonly url: string;
  readonly service?: string;
}

/** What is known of one credential at one judge. */
interface Verdict {
  readonly refusal?: OciAuthError;
  /** It is good. */
  readonly accepted?: true;
  /** What was refused may have been the credential, and it could not be found out. None of the three: it was sent, and nobody judged it. */
  readonly doubted?: true;
  readonly until: number;
}

/**
 * Which credentials were refused, by judge and content, for all Connectors of this program: one wrong password in ten Connectors is
 * one wrong password. A refusal ends with its time or with another content, never because another repository is asked for. Kept
 * is a keyed hash, and nothing by the user name alone: another password of the same user is another credential.
 */
export class RefusedCredentials {
  readonly #key = randomBytes(32);
  readonly #verdicts = new LRUCache<string, Verdict>({ max: MAX_CREDENTIALS });
  /** By user name: which credential of it was refused last, and when. */
  readonly #lastRefused = new LRUCache<string, { readonly id: string; readonly at: number }>({ max: MAX_CREDENTIALS });
  /** First uses under way: whoever comes meanwhile waits for what becomes of it. */
  readonly #scouts = new Map<string, Promise<unknown>>();

  /** @param refusedMs how long a refused credential is not sent again */
  constructor(
    private readonly clock: WallClock = Date,
    private readonly refusedMs = REFUSED_CREDENTIAL_MS,
  ) {}

  /** CredentialRefused while the credential is known to be refused. */
  refusalOf(judge: CredentialJudge, credential: RegistryCredential): OciAuthError | undefined {
    // Asked for every request with Basic: no hash is made as long as nothing was ever refused.
    return this.#lastRefused.size === 0 ? undefined : this.#verdictOn(this.#idOf(judge, credential))?.refusal;
  }

  /** Throws CredentialRefused while the credential is known to be refused. */
  check(judge: CredentialJudge, credential: RegistryCredential): void {
    const refusal = this.refusalOf(judge, credential);
    if (refusal) {
      throw refusal;
    }
  }

  /** Whether the credential was lately found to be good. */
  isAccepted(judge: CredentialJudge, credential: RegistryCredential): boolean {
    const verdict = this.#verdictOn(this.#idOf(judge, credential));
    return verdict?.accepted === true && !verdict.doubted;
  }

  accept(judge: CredentialJudge, credential: RegistryCredential): void {
    this.#verdicts.set(this.#idOf(judge, credential), { accepted: true, until: this.clock.now() + ACCEPTED_MS });
  }

  /** Whether the next use has to find out first what was refused in the last one. */
  isDoubted(judge: CredentialJudge, credential: RegistryCredential): boolean {
    return this.#verdictOn(this.#idOf(judge, credential))?.doubted ?? false;
  }

  doubt(judge: CredentialJudge, credential: RegistryCredential): void {
    const id = this.#idOf(judge, credential);
    this.#verdicts.set(id, { ...this.#verdicts.get(id), doubted: true, until: this.clock.now() + this.refusedMs });
  }

  /** Remembers that the judge refuses the credential by itself. */
  refuse(judge: CredentialJudge, credential: RegistryCredential, refusal: OciAuthError): void {
    const now = this.clock.now();
    const id = this.#idOf(judge, credential);
    const user = this.#hash([judge.url, judge.service, credential.username]);
    const last = this.#lastRefused.get(user);
    const doubtedUntil = now + Math.min(DOUBTFUL_MS, this.refusedMs);
    const other = last !== undefined && last.id !== id && now - last.at < DOUBTFUL_MS ? this.#verdicts.get(last.id) : undefined;
    if (last && other?.refusal) {
      this.#verdicts.set(last.id, { ...other, until: Math.min(other.until, doubtedUntil) });
    }
    // An acceptance that has run out was one.
    const isDoubtful = other !== undefined || this.#verdicts.get(id)?.accepted === true;
    this.#verdicts.set(id, { refusal, until: isDoubtful ? doubtedUntil : now + this.refusedMs });
    this.#lastRefused.set(user, { id, at: now });
  }

  /**
   * Runs `use`, which sends the credential. As long as nobody has judged a credential its uses go one after the other: a wrong one is sent
   * once, however many requests come at the same time. Once it is judged, the others go together, or not at all. Those that wait share it
   * when the judge gives no answer. Throws CredentialRefused, or what `use` throws.
   */
  async scouted<T>(judge: CredentialJudge, credential: RegistryCredential, use: () => Promise<T>): Promise<T> {
    const id = this.#idOf(judge, credential);
    for (let scout = this.#scouts.get(id); scout; scout = this.#scouts.get(id)) {
      await scout.catch(throwUnanswered);
    }
    this.check(judge, credential);
    const verdict = this.#verdictOn(id);
    if (verdict && !verdict.doubted) {
      return await use();
    }
    const using = use();
    this.#scouts.set(id, using);
    try {
      const result = await using;
      if (this.#verdictOn(id) === undefined) {
        this.#verdicts.set(id, { until: this.clock.now() + this.refusedMs });
      }
      return result;
    } finally {
      this.#scouts.delete(id);
    }
  }

  #verdictOn(id: string): Verdict | undefined {
    const verdict = this.#verdicts.get(id);
    return verdict && this.clock.now() < verdict.until ? verdict : undefined;
  }

  #idOf({ url, service }: CredentialJudge, { username, password, identityToken }: RegistryCredential): string {
    return this.#hash([url, service, username, password.fingerprint(this.#key), identityToken?.fingerprint(this.#key)]);
  }

  #hash(parts: readonly (string | undefined)[]): string {
    return createHash('sha256')
      .update(JSON.stringify(parts.map((part) => part ?? null)))
      .digest('base64url');
  }
}

/** How a scout ended stands in the verdicts, and its error is its caller's: but for one that says that nobody answered. */
function throwUnanswered(error: unknown): void {
  if (error instanceof OciAuthError && error.retryable) {
    throw error;
  }
}
