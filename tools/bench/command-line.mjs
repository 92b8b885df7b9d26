// The command line of `npm run bench`. Imports only Node.js itself; see tools/run.mjs.
import { parseArgs } from 'node:util';

export const COMMAND = 'npm run bench';

/** The benchmarks, with a summary of what they measure. */
export const BENCHMARKS = {
  cpu: 'manifests per CPU second, CPU seconds per GB pulled and pushed: nginx, Go, and three processes of the proxy',
  forward: 'the forward proxy: CPU seconds per GB against Go, latency of new tunnels, memory of idle ones',
  latency: 'added latency at 1,000 manifests per second over 100 connections',
  memory: 'peak memory with 200 concurrent streams each way, and with one blob of 10 GiB each way',
  neighbours: 'requests of one client while another client floods, holds or breaks connections; needs root',
  scale: 'with 1,000 Connectors: time until a new one is Ready, and until the proxy serves it',
  start: 'start and memory at rest of the three programs, with the environment of their images',
  volumes: 'the CSI driver with 200 volumes: time of a mount and a republish, share of a core, memory; needs root',
};

const HELP = `npm run bench: measures the cost of the proxy, relative to peers in the same run, and the cost of the CSI driver

Usage:
  npm run bench                    all benchmarks
  npm run bench -- NAME …          some of them
  npm run bench -- --rounds 5 cpu
  npm run bench -- --smoke         only check that they run: short, one round, no limits

Benchmarks:
${Object.entries(BENCHMARKS)
  .map(([name, summary]) => `  ${name.padEnd(12)} ${summary}`)
  .join('\n')}

Options:
  --rounds N   number of interleaved rounds; the median counts (default 3)
  --smoke      a short run with one round; prints no tables, because the figures have no meaning
  --json FILE  also write the figures to FILE
  -h, --help   this text

The program under test is pinned to processor 0, everything else to processor 1. Needs Linux with two idle processors,
Go 1.26, nginx and taskset; "neighbours" and "volumes" also need root and unshare. The exit status is 1 when a figure exceeds its limit.
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string, names: (keyof typeof BENCHMARKS)[], rounds: number, smoke: boolean, json?: string }}
 * @throws Error when the arguments are invalid; the message describes the problem
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
  if (unknown.length > 0) throw new Error(`unknown benchmark: ${unknown.join(', ')}; choose from ${all.join(', ')}`);
  const { smoke, json } = values;
  const rounds = smoke ? 1 : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: "${values.rounds}" is not a positive whole number`);
  const names = positionals.length > 0 ? /** @type {typeof all} */ (positionals) : all;
  return { help: values.help ? HELP : undefined, names, rounds, smoke, json };
}
