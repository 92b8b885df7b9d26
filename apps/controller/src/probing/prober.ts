import { isDeepStrictEqual } from 'node:util';
import { type Clock, type Timer } from '@oci-connector/clock';
import { Reason } from '@oci-connector/connector-api';
import { unknown, type Finding } from '@oci-connector/diagnosis';
import PQueue from 'p-queue';
import { nextProbeIn, type ProbeKind, type ProbePeriods } from './probe-schedule';

/** Priority of a probe that is asked again; what has never been asked has a higher one. Of equal priorities the first comes first. */
const REPEATED = 0;

/** A question to a server, repeated as long as somebody wants the answer. */
export interface ProbeRequest {
  readonly kind: ProbeKind;
  /** Requests of the same kind with the same key are one question and share one answer. */
  readonly key: string;
  /** Changes with everything that could make a refused credential a good one: Secret, Connector, class. */
  readonly revision: string;
  readonly run: (signal: AbortSignal) => Promise<Finding>;
}

/** For metrics and logs. */
export interface ProberHooks {
  onProbe?(event: { kind: ProbeKind; outcome: Finding['outcome']; durationMs: number }): void;
  /** A check broke; that is a fault of ours. */
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
  /** Who wants to know, and with which revision. */
  readonly owners: Map<string, string>;
  finding?: Finding;
  state: 'idle' | 'waiting' | 'running';
  /** Wanted again while it was running. */
  again: boolean;
  timer?: Timer;
}

/**
 * Asks servers in the background, so that no reconcile ever waits for one. A reconcile says what it wants to know and takes
 * the answer known so far; when the answer changes, its owner is told and reconciles again.
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

  /** The answer known so far; undefined while the first one is on its way. Goes on asking until {@link forget}. */
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

  /** The owner no longer wants to know. */
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

  /** Ends all probes; resolves when none runs any more. */
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
   * What has never been asked goes before what is asked again, and of that the newest first: somebody watches a Connector just made, and
   * must not wait behind a thousand hosts that do not answer. Many new Connectors delay the probes of others, never their traffic: that
   * waits for no probe.
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
      return unknown(Reason.Checking, 'the check ended with an error of its own; see the log of the controller');
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
 * A refusal is doubted only after a change, because accounts lock; another failure also when somebody new wants to know: what
 * was wrong a minute ago for others must not be held against a Connector that was just made.
 */
function isWorthAsking({ outcome, credentialRefused, retryAfterMs }: Finding, asked: string | undefined, revision: string): boolean {
  // The server asked to be left alone, whoever it is that wants to know; the time after that is set already.
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
