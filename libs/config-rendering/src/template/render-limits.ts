/** Limits of one rendering. Class authors write templates, and a mistake in one must not stop a node. */
export interface RenderLimits {
  /** Largest template, in bytes of UTF-8. */
  readonly templateBytes: number;
  /** Largest rendered file, in bytes; also the largest string that any function may make. */
  readonly outputBytes: number;
  /**
   * Evaluation budget: one step for each node and call, and one more for each 100 bytes that a call reads or makes, or
   * 10 of which it looks at every character. So it bounds time and memory alike: a million steps are at most 100 MB passed
   * through, in some seconds.
   */
  readonly steps: number;
}

/**
 * A configuration file has a few KiB; a ConnectorClass as a whole cannot exceed the 1.5 MiB of etcd, a file of a volume
 * is kept in memory on every node. 200 connectors in one template take some 10,000 steps.
 */
export const DEFAULT_LIMITS: RenderLimits = { templateBytes: 256 * 1024, outputBytes: 1024 * 1024, steps: 200_000 };

/** Nesting of blocks and parentheses in a template; hand-written ones stay below 10. */
export const MAX_SYNTAX_DEPTH = 100;
/** Variables that are in sight at one place; each use looks through them. */
export const MAX_VARIABLES = 1_000;
/** Templates that call templates; a recursion that is meant ends long before. */
export const MAX_TEMPLATE_DEPTH = 50;
/** Nesting of values; Kubernetes objects stay below 20, and a dict that holds itself has no end. */
export const MAX_VALUE_DEPTH = 100;
