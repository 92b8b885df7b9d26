// The command line of `npm run bench`. Imports nothing but Node.js itself; see tools/run.mjs.
import { parseArgs } from 'node:util';

export const COMMAND = 'npm run bench';

/** What each benchmark measures. */
export const BENCHMARKS = {
  cpu: 'manifests per CPU second, CPU seconds per GB pulled and pushed: nginx, Go, and three processes of the proxy',
  latency: 'latency that is added at 1,000 manifests a second over 100 connections',
  memory: 'peak memory with 200 concurrent streams each way, and with one blob of 10 GiB each way',
  neighbours: 'manifests of one client while another one floods, holds or breaks what it can; needs root',
  scale: 'with 1,000 Connectors: time until a new one is Ready, and until the proxy serves it',
  volumes: 'the CSI driver with 200 volumes: time of a mount and of a republish, share of a core, memory; needs root',
};

const HELP = `npm run bench: what the proxy costs, as ratios against peers measured in the same run, and what the CSI driver costs

Usage:
  npm run bench                    all benchmarks
  npm run bench -- NAME …          some of them
  npm run bench -- --rounds 5 cpu
  npm run bench -- --smoke         only whether they run: little of everything, one round, no floor

Benchmarks:
${Object.entries(BENCHMARKS)
  .map(([name, summary]) => `  ${name.padEnd(12)} ${summary}`)
  .join('\n')}

Options:
  --rounds N   interleaved rounds of which the median counts (default 3)
  --smoke      little of everything, one round; no tables, because the figures mean nothing
  --json FILE  also write the figures
  -h, --help   this text

The program under test is pinned to processor 0, everything else to processor 1. Needs Linux with two processors that have
nothing else to do, Go 1.26, nginx and taskset; "neighbours" and "volumes" also root and unshare. Exit status 1 when a floor does not hold.
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string, names: (keyof typeof BENCHMARKS)[], rounds: number, smoke: boolean, json?: string }}
 * @throws Error that says what is wrong with the arguments
 */
export function readCommandLine(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      smoke: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const all = /** @type {(keyof typeof BENCHMARKS)[]} */ (Object.keys(BENCHMARKS));
  const unknown = positionals.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0) throw new Error(`no such benchmark: ${unknown.join(', ')}; there are ${all.join(', ')}`);
  const { smoke, json } = values;
  const rounds = smoke ? 1 : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: "${values.rounds}" is not a count`);
  const names = positionals.length > 0 ? /** @type {typeof all} */ (positionals) : all;
  return { help: values.help ? HELP : undefined, names, rounds, smoke, json };
}
