import { setFlagsFromString } from 'node:v8';

/**
 * How much WebAssembly code a function executes before V8 optimizes it, in its approximation of bytes. undici's parser reaches it after some
 * 20,000 responses: after minutes of load, but after days at rest.
 */
const OPTIMIZED_AFTER = 1_000_000_000;

/**
 * Keeps V8 from optimizing WebAssembly. The only one in the programs is the HTTP parser of undici. V8 would optimize its main function after
 * the first 300 responses, which is soon after the start: this takes half a second of processor time and 23 MiB of memory, of which the
 * allocator never returns 5 to 10 MiB. For programs that send few requests. Call it before the first request.
 */
export function neverOptimizeWebAssembly(): void {
  // Both are necessary: neither switches the other off after the start of the process.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}

/** The same as {@link neverOptimizeWebAssembly}, but only until the program has sent many requests. */
export function optimizeWebAssemblyLater(): void {
  setFlagsFromString(`--wasm-tiering-budget=${OPTIMIZED_AFTER}`);
}
