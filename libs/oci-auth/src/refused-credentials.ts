import { createHash, randomBytes } from 'node:crypto';
import { systemClock, type WallClock } from '@oci-connector/clock';
import { LRUCache } from 'lru-cache';
import { OciAuthError } from './oci-auth.errors';
import { type RegistryCredential } from './upstream-registry';

/** How long a refused credential is not sent again: accounts lock after a few wrong passwords. */
const REFUSED_CREDENTIAL_MS = 30 * 60_000;

/**
 * How long a doubtful refusal counts. A refusal is doubtful when another credential of the same user name was refused within this time
 * before or after it: Harbor then refuses every password of the user for 1.5 s, the right one too. It is also doubtful when the
 * credential had been accepted before.
 */
const DOUBTFUL_MS = 10_000;

/** How long an accepted credential counts as good, so that not every missing right causes a login. */
const ACCEPTED_MS = 60_000;

/** Far more credentials than 10,000 Connectors use. With a size instead of a number of entries, the caches do not allocate all of them at the start. */
const MAX_CREDENTIALS = { maxSize: 20_000, sizeCalculation: () => 1 };

/** The server that judges a credential: a token server and its service, or a registry with Basic. */
export interface CredentialJudge {
  readonly url: string;
  readonly service?: string;
}

/** The state of one credential at one judge. Without any of the three fields the credential was sent but not judged. */
interface Verdict {
  readonly refusal?: OciAuthError;
  /** The judge accepted the credential. */
  readonly accepted?: true;
  /** The last refusal may concern the credential, but that could not be found out. */
  readonly doubted?: true;
  readonly until: number;
}

/**
 * Remembers refused credentials by judge and content for all Connectors of this program: one wrong password in ten Connectors counts as
 * one wrong password. A refusal ends when its time has expired or the credential has another content, never because of a request to
 * another repository. Credentials are kept as keyed hashes. No refusal is by user name alone: another password of the same user is
 * another credential.
 */
export class RefusedCredentials {
  readonly #key = randomBytes(32);
  readonly #verdicts = new LRUCache<string, Verdict>(MAX_CREDENTIALS);
  /** By user name: the credential that was refused last, and when. */
  readonly #lastRefused = new LRUCache<string, { readonly id: string; readonly at: number }>(MAX_CREDENTIALS);
  /** First uses in flight. Other uses of the same credential wait for their result. */
  readonly #scouts = new Map<string, Promise<unknown>>();

  /** @param refusedMs how long a refused credential is not sent again */
  constructor(
    private readonly clock: WallClock = systemClock,
    private readonly refusedMs = REFUSED_CREDENTIAL_MS,
  ) {}

  /** Returns the `CredentialRefused` error while the credential is known to be refused. */
  refusalOf(judge: CredentialJudge, credential: RegistryCredential): OciAuthError | undefined {
    // Called for every request with Basic: no hash is made as long as no credential was ever refused.
    return this.#lastRefused.size === 0 ? undefined : this.#verdictOn(this.#idOf(judge, credential))?.refusal;
  }

  /** @throws OciAuthError `CredentialRefused` while the credential is known to be refused */
  check(judge: CredentialJudge, credential: RegistryCredential): void {
    const refusal = this.refusalOf(judge, credential);
    if (refusal) {
      throw refusal;
    }
  }

  /** Whether the judge accepted the credential recently. */
  isAccepted(judge: CredentialJudge, credential: RegistryCredential): boolean {
    const verdict = this.#verdictOn(this.#idOf(judge, credential));
    return verdict?.accepted === true && !verdict.doubted;
  }

  accept(judge: CredentialJudge, credential: RegistryCredential): void {
    this.#verdicts.set(this.#idOf(judge, credential), { accepted: true, until: this.clock.now() + ACCEPTED_MS });
  }

  /** Whether the next use must first find out if the last refusal concerned the credential. */
  isDoubted(judge: CredentialJudge, credential: RegistryCredential): boolean {
    return this.#verdictOn(this.#idOf(judge, credential))?.doubted ?? false;
  }

  doubt(judge: CredentialJudge, credential: RegistryCredential): void {
    const id = this.#idOf(judge, credential);
    this.#verdicts.set(id, { ...this.#verdicts.get(id), doubted: true, until: this.clock.now() + this.refusedMs });
  }

  /** Remembers that the judge refuses the credential itself. */
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
    // An expired acceptance counts too.
    const isDoubtful = other !== undefined || this.#verdicts.get(id)?.accepted === true;
    this.#verdicts.set(id, { refusal, until: isDoubtful ? doubtedUntil : now + this.refusedMs });
    this.#lastRefused.set(user, { id, at: now });
  }

  /**
   * Runs `use`, which sends the credential. Until the credential is judged, its uses run one after the other, so that a wrong credential
   * is sent once, however many requests arrive at the same time. After the judgement the waiting uses run concurrently, or not at all.
   * When the judge does not respond, all waiting uses fail with the same error.
   *
   * @throws OciAuthError `CredentialRefused` when the credential is known to be refused; or the error of `use`
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

/** Ignores the error of a first use: the verdict has its result. Rethrows the error when the judge did not respond. */
function throwUnanswered(error: unknown): void {
  if (error instanceof OciAuthError && error.retryable) {
    throw error;
  }
}
