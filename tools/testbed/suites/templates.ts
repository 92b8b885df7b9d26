import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatTable } from '../../processes/progress';
import { runCommand } from '../../processes/run-command';
import { runJest } from '../jest-run';
import { testbedEnvironment } from '../testbed.config';
import { GO_TEMPLATES } from '../toolchain';
import { type Suite } from './suite';

const SPEC = 'libs/config-rendering/test/go-templates.testbed-spec.ts';
/** Directory for the new results of Go, to be checked and copied if they are meant to change. */
const RESULTS = path.join(process.cwd(), '.testbed', 'templates');
const FIVE_MINUTES = 300_000;

/** The counts that the spec reports for each theme. */
interface ThemeCount {
  readonly theme: string;
  readonly templates: number;
  readonly identical: number;
  readonly refused: number;
}

/** Compares our template engine with real Go. Each result must be identical, or the template must be refused with a named reason. */
export const templatesSuite: Suite = {
  async run({ directory }) {
    const program = path.join(directory, 'go-templates');
    const env = { ...testbedEnvironment.all, GOFLAGS: '-buildvcs=false', GOPROXY: 'off' };
    await runCommand(['go', 'build', '-o', program, '.'], { cwd: GO_TEMPLATES, env, timeout: FIVE_MINUTES });
    await mkdir(RESULTS, { recursive: true });
    const tests = await runJest({
      specs: [SPEC],
      outputFile: path.join(directory, 'templates.json'),
      env: { GO_TEMPLATES: program, GO_TEMPLATES_RESULTS: RESULTS },
    });
    const failures = tests.flatMap(({ name, status, messages }) => (status === 'passed' ? [] : [`${name}: ${messages.join('\n')}`]));
    const counts = JSON.parse(await readFile(path.join(RESULTS, 'table.json'), 'utf8')) as ThemeCount[];
    process.stdout.write(`\n${tableOf(counts)}\n\n`);
    return { passed: sum(counts, 'identical') + sum(counts, 'refused'), failures };
  },
};

function tableOf(counts: readonly ThemeCount[]): string {
  const total = { theme: 'all', templates: sum(counts, 'templates'), identical: sum(counts, 'identical'), refused: sum(counts, 'refused') };
  const rows = [...counts, total].map((row) => [row.theme, String(row.templates), String(row.identical), String(row.refused)]);
  return formatTable(['theme', 'templates', 'identical', 'refused'], rows);
}

function sum(counts: readonly ThemeCount[], column: 'templates' | 'identical' | 'refused'): number {
  return counts.reduce((total, count) => total + count[column], 0);
}
