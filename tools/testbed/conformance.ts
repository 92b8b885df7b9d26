import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { tryCommand } from '../processes/run-command';
import { toolPath } from './toolchain';

/** The target of the OCI conformance suite. */
export interface ConformanceTarget {
  readonly registry: string;
  readonly tls: 'enabled' | 'disabled';
  /** Prefix of the repository names; empty for direct access to a registry. */
  readonly prefix: string;
  readonly username?: string;
  readonly password?: string;
  readonly caFile?: string;
  /** Further environment variables. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * The results (passed, skipped, failure or error) by test name. The suite uses some names several times, in an order that changes
 * between runs; their results are in alphabetical order.
 */
export type ConformanceResults = ReadonlyMap<string, readonly string[]>;

/**
 * Runs the whole suite, with all APIs and all data.
 *
 * @returns the result of each test
 */
export async function runConformance(target: ConformanceTarget, directory: string): Promise<ConformanceResults> {
  await mkdir(directory, { recursive: true });
  await tryCommand([toolPath('conformance')], {
    cwd: directory,
    timeout: 300_000,
    env: {
      OCI_REGISTRY: target.registry,
      OCI_TLS: target.tls,
      OCI_VERSION: '1.1',
      OCI_REPO1: `${target.prefix}conformance/repo1`,
      OCI_REPO2: `${target.prefix}conformance/repo2`,
      OCI_USERNAME: target.username,
      OCI_PASSWORD: target.password,
      OCI_RESULTS_DIR: directory,
      SSL_CERT_FILE: target.caFile,
      ...target.variables,
    },
  });
  return readJunit(await readFile(path.join(directory, 'junit.xml'), 'utf8'));
}

/** Reads names and states from the report. A simple pattern is sufficient, because the suite writes both as plain attributes. */
export function readJunit(xml: string): ConformanceResults {
  const results = new Map<string, string[]>();
  for (const [tag] of xml.matchAll(/<testcase [^>]*>/g)) {
    const name = /\bname="([^"]*)"/.exec(tag)?.[1];
    const status = /\bstatus="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined && status !== undefined) {
      results.set(name, [...(results.get(name) ?? []), status].sort());
    }
  }
  return results;
}

/** Returns one line for each test whose result differs. */
export function compareConformance(direct: ConformanceResults, proxied: ConformanceResults): string[] {
  const names = new Set([...direct.keys(), ...proxied.keys()]);
  const textOf = (results: ConformanceResults, name: string): string => (results.get(name) ?? ['absent']).join(', ');
  return [...names]
    .filter((name) => textOf(direct, name) !== textOf(proxied, name))
    .map((name) => `${name}: directly ${textOf(direct, name)}, through the proxy ${textOf(proxied, name)}`);
}

/** Counts the tests by result. */
export function countResults(results: ConformanceResults): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const status of [...results.values()].flat()) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
