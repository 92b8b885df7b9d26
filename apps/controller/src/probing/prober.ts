import { isDeepStrictEqual } from 'node:util';
import { type Clock, type Timer } from '@oci-connector/clock';
import { Reason } from '@oci-connector/connector-api';
import { unknown, type Finding } from '@oci-connector/diagnosis';
import PQueue from 'p-queue';
import { nextProbeIn, type ProbeKind, type ProbePeriods } from './probe-schedule';

/** Priority of a repeated probe; a first probe has a higher one. Probes of equal priority run in order. */
const REPEATED = 0;

/** A probe of a server, repeated while an owner needs the answer. */
export interface ProbeRequest {
  readonly kind: ProbeKind;
  /** Requests of the same kind and key are one question and share one answer. */
  readonly key: string;
  /** Changes with everything that can make a refused credential valid: Secret, Connector, class. */
  readonly revision: string;
  readonly run: (signal: AbortSignal) => Promise<Finding>;
}

/** Callbacks for metrics and logs. */
export interface ProberHooks {
  onProbe?(event: { kind: ProbeKind; outcome: Finding['outcome']; durationMs: number }): void;
  /** Called when a check throws, which is a defect of the controller. */
  onError?(kind: ProbeKind, error: unknown): void;
}

export interface ProberOptions {
  readonly periods: ProbePeriods;
  /** Probes that run at the same time. */
  readonly concurrency: number;
  readonly hooks?: ProberHooks;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Question {
  request: ProbeRequest;
  /** The owners that need the answer, with their revisions. */
  readonly owners: Map<string, string>;
  finding?: Finding;
  state: 'idle' | 'waiting' | 'running';
  /** Requested again while it was running. */
  again: boolean;
  timer?: Timer;
}

/**
 * Probes servers in the background, so that no reconcile waits for a server. A reconcile passes its question and receives the last known
 * answer. When the answer changes, the prober notifies the owners, which are then reconciled again.
 */
export class Prober {
  readonly #questions = new Map<string, Question>();
  /** The question of each owner and kind. */
  readonly #wanted = new Map<string, string>();
  readonly #queue: PQueue;
  #newest = REPEATED;
  readonly #stopping = new AbortController();
  readonly #listeners: ((owner: string) => void)[] = [];

  constructor(private readonly options: ProberOptions) {
    this.#queue = new PQueue({ concurrency: options.concurrency });
  }

  /** Calls the listener with each owner whose answer has changed. */
  onChange(listener: (owner: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Returns the last known answer; undefined before the first one. Repeats the probe until {@link forget}. */
  ask(owner: string, request: ProbeRequest): Finding | undefined {
    const id = `${request.kind} ${request.key}`;
    const slot = slotOf(owner, request.kind);
    if (this.#wanted.get(slot) !== id) {
      this.forget(owner, request.kind);
    }
    this.#wanted.set(slot, id);
    const known = this.#questions.get(id);
    const question = known ?? newQuestion(request);
    this.#questions.set(id, question);
    const asked = question.owners.get(owner);
    question.owners.set(owner, request.revision);
    question.request = request;
    if (!known) {
      this.#enqueue(question, 'first');
    } else if (question.finding && isWorthAsking(question.finding, asked, request.revision)) {
      this.#askAgain(question);
    }
    return question.finding;
  }

  /** Stops probing for an owner. */
  forget(owner: string, kind: ProbeKind): void {
    const slot = slotOf(owner, kind);
    const id = this.#wanted.get(slot);
    if (id === undefined) {
      return;
    }
    this.#wanted.delete(slot);
    const question = this.#questions.get(id);
    question?.owners.delete(owner);
    if (!question || question.owners.size > 0) {
      return;
    }
    question.timer?.cancel();
    this.#questions.delete(id);
  }

  /** Ends all probes. Resolves when none runs. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the prober was stopped'));
    for (const { timer } of this.#questions.values()) {
      timer?.cancel();
    }
    this.#questions.clear();
    this.#wanted.clear();
    this.#queue.clear();
    await this.#queue.onIdle();
  }

  #askAgain(question: Question): void {
    if (question.state === 'idle') {
      this.#enqueue(question, 'first');
    } else if (question.state === 'running') {
      question.again = true;
    }
  }

  /**
   * Queues a probe. First probes go before repeated ones, the newest first: a user watches a Connector that was just created, and must not
   * wait behind a thousand hosts that do not answer. Many new Connectors delay the probes of others, but not their traffic, which does not
   * wait for probes.
   */
  #enqueue(question: Question, turn: 'first' | 'repeated'): void {
    if (this.#stopping.signal.aborted) {
      return;
    }
    question.timer?.cancel();
    question.state = 'waiting';
    const priority = turn === 'first' ? (this.#newest += 1) : REPEATED;
    void this.#queue.add(() => this.#answer(question), { priority });
  }

  async #answer(question: Question): Promise<void> {
    if (question.owners.size === 0) {
      return;
    }
    question.state = 'running';
    const finding = await this.#run(question.request);
    question.state = 'idle';
    if (this.#stopping.signal.aborted || question.owners.size === 0) {
      return;
    }
    const isNews = !isDeepStrictEqual(finding, question.finding);
    question.finding = finding;
    this.#scheduleNext(question, finding);
    if (isNews) {
      for (const owner of question.owners.keys()) {
        this.#listeners.forEach((listener) => listener(owner));
      }
    }
  }

  async #run({ kind, run }: ProbeRequest): Promise<Finding> {
    const { clock, hooks } = this.options;
    const startedAt = clock.monotonic();
    const finding = await run(this.#stopping.signal).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) {
        hooks?.onError?.(kind, error);
      }
      return unknown(Reason.Checking, 'the check failed with an internal error; see the log of the controller');
    });
    hooks?.onProbe?.({ kind, outcome: finding.outcome, durationMs: clock.monotonic() - startedAt });
    return finding;
  }

  #scheduleNext(question: Question, finding: Finding): void {
    if (question.again) {
      question.again = false;
      this.#enqueue(question, 'first');
      return;
    }
    const { periods, clock, random } = this.options;
    const wait = nextProbeIn(question.request.kind, finding, { periods, random: random() });
    question.timer = clock.setTimeout(() => this.#enqueue(question, 'repeated'), wait);
  }
}

/**
 * Whether a known answer must be checked again now. A refused credential only after a change, because registries lock accounts. Another
 * failure also for a new owner: a Connector that was just created must not inherit a failure of a minute ago.
 */
function isWorthAsking({ outcome, credentialRefused, retryAfterMs }: Finding, asked: string | undefined, revision: string): boolean {
  // The server sent Retry-After, which applies to every owner; the next probe is already scheduled.
  if (retryAfterMs) {
    return false;
  }
  if (credentialRefused) {
    return asked !== undefined && asked !== revision;
  }
  return outcome !== 'passed' && asked !== revision;
}

function newQuestion(request: ProbeRequest): Question {
  return { request, owners: new Map(), state: 'idle', again: false };
}

function slotOf(owner: string, kind: ProbeKind): string {
  return `${kind} ${owner}`;
}
