import { type Clock, type Timer } from '@oci-connector/clock';
import { visible } from '@oci-connector/sensitive';
import { tellingWhenSlow } from '../world';
import { failed, type Outcome, skipped } from './outcome';
import { asPermissionError } from '../permission-error';

/** The names of the checks, in their order. */
export const CHECKS = [
  'connector',
  'class',
  'secret',
  'registry-ca',
  'dns',
  'tcp',
  'tls',
  'registry',
  'challenge',
  'token',
  'status',
  'service',
  'address',
  'proxy',
  'proxy-ca',
  'permission',
  'request',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** One line of the report. Contains no secret. */
export interface CheckResult {
  readonly check: CheckName;
  readonly state: Outcome['state'];
  /** What was found, and what to do. */
  readonly message: string;
  /** The reason that the controller uses for the same problem, see docs/reference/conditions.md. */
  readonly reason?: string;
}

/** A check that was made. Checks that need it receive its value. */
export interface Checked<T> {
  readonly check: CheckName;
  readonly outcome: Outcome<T>;
}

type Needs = Readonly<Record<string, Checked<unknown>>>;
type ValuesOf<N extends Needs> = { readonly [K in keyof N]: N[K] extends Checked<infer T> ? T : never };

export interface CheckReportOptions {
  readonly clock: Pick<Clock, 'setTimeout'>;
  /** Time limit of each check, in milliseconds. */
  readonly timeoutMs: number;
  readonly onResult: (result: CheckResult) => void;
  /** Called when a check takes longer than two seconds. */
  readonly onSlow: (check: CheckName) => void;
}

/** In this time a check whose own limit has expired can still say which part of it did not answer. In milliseconds. */
const GRACE_MS = 1_000;

/** Long messages of API servers and registries are of no use in a report. */
const MAX_MESSAGE_LENGTH = 2_048;

/** Runs checks one after the other, and keeps their results. */
export class CheckReport {
  readonly results: CheckResult[] = [];

  constructor(private readonly options: CheckReportOptions) {}

  /**
   * Runs a check, unless one of the checks that it needs has not passed.
   *
   * @param needs earlier checks, by the name under which `run` receives their values
   * @throws an error of the API server other than a missing permission: no other check would work either
   */
  async check<T, N extends Needs>(check: CheckName, needs: N, run: (values: ValuesOf<N>) => Promise<Outcome<T>>): Promise<Checked<T>> {
    const missing = Object.values(needs).find(({ outcome }) => outcome.state !== 'passed');
    const outcome = missing ? waitsFor(missing) : await this.#run(check, () => run(valuesOf(needs)));
    const result = {
      check,
      state: outcome.state,
      message: visible(outcome.message, MAX_MESSAGE_LENGTH),
      ...(outcome.state === 'failed' && outcome.reason !== undefined && { reason: outcome.reason }),
    };
    this.results.push(result);
    this.options.onResult(result);
    return { check, outcome };
  }

  async #run<T>(check: CheckName, run: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const { clock, onSlow } = this.options;
    try {
      return await tellingWhenSlow(
        clock,
        () => onSlow(check),
        () => this.#limited(run),
      );
    } catch (error) {
      const forbidden = asPermissionError(error);
      if (forbidden) {
        return skipped(forbidden.message);
      }
      throw error;
    }
  }

  async #limited<T>(run: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const { clock, timeoutMs } = this.options;
    const message = `did not end within ${timeoutMs / 1_000} s; if it only needs longer, give it more time with --timeout`;
    let timer: Timer | undefined;
    const expired = new Promise<Outcome<never>>((resolve) => {
      timer = clock.setTimeout(() => resolve(failed(message)), timeoutMs + GRACE_MS);
    });
    try {
      return await Promise.race([run(), expired]);
    } finally {
      timer?.cancel();
    }
  }
}

function waitsFor({ check, outcome }: Checked<unknown>): Outcome<never> {
  return skipped(`needs the check ${check}, which ${outcome.state === 'failed' ? 'failed' : 'was skipped'}`);
}

function valuesOf<N extends Needs>(needs: N): ValuesOf<N> {
  const entries = Object.entries(needs).map(([name, { outcome }]) => [name, outcome.state === 'passed' ? outcome.value : undefined]);
  return Object.fromEntries(entries) as ValuesOf<N>;
}
