import { MAX_VALUE_DEPTH, type RenderLimits } from './render-limits';
import { exceeded } from './template-problem';

/** Bytes that cost as much as one step; see {@link RenderLimits.steps}. */
const BYTES_PER_STEP = 100;
/** Characters that cost as much as one step when a function inspects each of them: that takes ten times as long as copying. */
const CHARACTERS_PER_STEP = 10;
/** Cost of one entry of a list or dict, in bytes: about the memory that it occupies. */
const ENTRY_BYTES = 48;

/** Counts the evaluation steps of one rendering, or of several renderings that share it. */
export class Budget {
  constructor(
    private readonly limits: Pick<RenderLimits, 'steps' | 'outputBytes'>,
    private used = 0,
  ) {}

  /** Returns a separate budget of which the same part is used. */
  copy(): Budget {
    return new Budget(this.limits, this.used);
  }

  /**
   * Counts one step.
   *
   * @throws TemplateProblem (LimitExceeded)
   */
  step(): void {
    this.#use(1);
  }

  /** Counts the bytes of a text before a function inspects each of its characters. */
  characters(count: number): void {
    this.#use(count / CHARACTERS_PER_STEP);
  }

  /** Counts bytes that are read or about to be produced. Called before the memory is allocated. */
  bytes(count: number): void {
    if (count > this.limits.outputBytes) {
      throw exceeded(`a text of more than ${this.limits.outputBytes} bytes`);
    }
    this.#use(count / BYTES_PER_STEP);
  }

  /** Counts entries of a list or dict that are read or about to be produced. */
  entries(count: number): void {
    this.bytes(count * ENTRY_BYTES);
  }

  /** Counts one value of a nested value; it lies `depth` levels deep. */
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
