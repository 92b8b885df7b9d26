import { readCommandLine } from './command-line.mjs';
import { runBenchmarks } from './run-benchmarks';

const { names, ...options } = readCommandLine(process.argv.slice(2));
runBenchmarks(names, options).then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
