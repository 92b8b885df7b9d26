/** Limits of one rendering. Authors of classes write the templates, and a mistake in a template must not stop a node. */
export interface RenderLimits {
  /** Largest template, in bytes of UTF-8. */
  readonly templateBytes: number;
  /** Largest rendered file, in bytes; also the largest string that any function may create. */
  readonly outputBytes: number;
  /**
   * Evaluation budget: one step for each node and call, and one more for each 100 bytes that a call reads or creates. Where a
   * call inspects every character, 10 bytes cost one step. The budget limits both time and memory: a million steps process at
   * most 100 MB, in a few seconds.
   */
  readonly steps: number;
}

/**
 * The limits that apply by default. A configuration file has a few KiB. A ConnectorClass cannot exceed the 1.5 MiB of etcd,
 * and each node keeps the files of its volumes in memory. A template with 200 connectors takes about 10,000 steps.
 */
export const DEFAULT_LIMITS: RenderLimits = { templateBytes: 256 * 1024, outputBytes: 1024 * 1024, steps: 200_000 };

/** Deepest nesting of blocks and parentheses in a template. Hand-written templates stay below 10. */
export const MAX_SYNTAX_DEPTH = 100;
/** Most variables that are visible at one place. Each use searches through them. */
export const MAX_VARIABLES = 1_000;
/** Deepest nesting of templates that call templates. An intended recursion ends much earlier. */
export const MAX_TEMPLATE_DEPTH = 50;
/** Deepest nesting of values. Kubernetes objects stay below 20; a dict that contains itself is nested without end. */
export const MAX_VALUE_DEPTH = 100;
