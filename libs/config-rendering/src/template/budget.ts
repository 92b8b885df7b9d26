import { MAX_VALUE_DEPTH, type RenderLimits } from './render-limits';
import { exceeded } from './template-problem';

/** Bytes that cost as much as one step; see {@link RenderLimits.steps}. */
const BYTES_PER_STEP = 100;
/** The same where each character is looked at: that takes ten times as long. */
const CHARACTERS_PER_STEP = 10;
/** What an entry of a list or dict costs, in bytes: about what it occupies. */
const ENTRY_BYTES = 48;

/** What is left of the evaluation budget of one rendering, or of several that share it. */
export class Budget {
  constructor(
    private readonly limits: Pick<RenderLimits, 'steps' | 'outputBytes'>,
    private used = 0,
  ) {}

  /** Another one of which as much is used. */
  copy(): Budget {
    return new Budget(this.limits, this.used);
  }

  /** @throws TemplateProblem (LimitExceeded) */
  step(): void {
    this.#use(1);
  }

  /** Bytes of a text whose characters are about to be looked at, one by one. */
  characters(count: number): void {
    this.#use(count / CHARACTERS_PER_STEP);
  }

  /** Bytes that are read or about to be made; called before memory is taken. */
  bytes(count: number): void {
    if (count > this.limits.outputBytes) {
      throw exceeded(`a text of more than ${this.limits.outputBytes} bytes`);
    }
    this.#use(count / BYTES_PER_STEP);
  }

  /** Entries of a list or dict that are read or about to be made. */
  entries(count: number): void {
    this.bytes(count * ENTRY_BYTES);
  }

  /** One more value on the way through a nested one, `depth` deep. */
  value(depth: number): void {
    if (depth > MAX_VALUE_DEPTH) {
      throw exceeded(`a value that is nested more than ${MAX_VALUE_DEPTH} deep`);
    }
    this.#use(ENTRY_BYTES / BYTES_PER_STEP);
  }

  #use(steps: number): void {
    this.used += steps;
    if (!(this.used <= this.limits.steps)) {
      throw exceeded(`more than ${this.limits.steps} steps of evaluation`);
    }
  }
}
