import { parseArgs } from 'node:util';
import { BENCHMARKS, runBenchmarks, type BenchmarkName } from './run-benchmarks';

const HELP = `npm run bench: what the proxy costs, as ratios against peers measured in the same run, and what the CSI driver costs

Usage:
  npm run bench                    all benchmarks
  npm run bench -- NAME …          some of them
  npm run bench -- --rounds 5 cpu
  npm run bench -- --smoke         only whether they run: little of everything, one round, no floor

Benchmarks:
${Object.entries(BENCHMARKS)
  .map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`)
  .join('\n')}

Options:
  --rounds N   interleaved rounds of which the median counts (default 3)
  --smoke      little of everything, one round; the figures mean nothing
  --json FILE  also write the figures
  -h, --help   this text

The program under test is pinned to processor 0, everything else to processor 1. Needs Linux with two processors that have
nothing else to do, Go 1.26, nginx and taskset; "neighbours" and "volumes" also root and unshare. Exit status 1 when a floor does not hold.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      smoke: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { smoke, json } = values;
  const rounds = smoke ? 1 : Number(values.rounds);
  const unknown = positionals.filter((name) => !(name in BENCHMARKS));
  if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(unknown.length > 0 ? `no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n` : `--rounds: "${values.rounds}" is not a count\n`);
    return 2;
  }
  const names = (positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)) as BenchmarkName[];
  return runBenchmarks(names, { rounds, smoke, json });
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
