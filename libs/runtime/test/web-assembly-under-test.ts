import { setFlagsFromString } from 'node:v8';
import { neverOptimizeWebAssembly, optimizeWebAssemblyLater } from '../src/web-assembly';

/** The types of WebAssembly belong to those of browsers, which the workspace does not include. */
interface WebAssemblyParts {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: { readonly f: (count: number) => void } };
}

/** `V8`, `never` or `later`, and how often the loop runs. */
const [, , when, rounds] = process.argv;

setFlagsFromString('--trace-wasm-compilation-times');
if (when === 'never') {
  neverOptimizeWebAssembly();
} else if (when === 'later') {
  optimizeWebAssemblyLater();
}

/** Counts its parameter down to zero: `loop local.get 0, i32.const 1, i32.sub, local.tee 0, br_if 0`. */
const CODE = Buffer.from(
  [
    '0061736d01000000', // the header
    '01050160017f00', // type 0: (i32) -> ()
    '03020100', // function 0 has type 0
    '07050101660000', // it is exported as f
    '0a10010e00', // its code, without local variables
    '0340200041016b22000d000b0b',
  ].join(''),
  'hex',
);

const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyParts }).WebAssembly;
const { f } = new Instance(new Module(CODE)).exports;
f(Number(rounds));
process.stdout.write('ran\n');
// V8 optimizes on another thread.
process.stdin.resume();
