import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { renderTemplate } from '../src/template/render-template';
import { TemplateError } from '../src/template/template-error';
import { type TemplateValue } from '../src/template/values/from-data';

const DIRECTORY = path.join(__dirname, 'corpus');
const EXPECTED = path.join(DIRECTORY, 'expected.json');

/** One template of the corpus. */
export interface CorpusTemplate {
  readonly theme: string;
  readonly name: string;
  readonly template: string;
  readonly data: { readonly [key: string]: TemplateValue };
  /** The feature that is refused. Such a template is not run with Go, whose result may be random. */
  readonly refused?: string;
}

/** The result of real Go for a template. */
export type GoResult = { readonly output: string } | { readonly error: string };

interface CorpusFile {
  readonly theme: string;
  readonly data: CorpusTemplate['data'];
  readonly templates: Readonly<
    Record<string, string | (Pick<CorpusTemplate, 'template' | 'refused'> & Partial<Pick<CorpusTemplate, 'data'>>)>
  >;
}

/** Returns all templates, by theme. */
export function readCorpus(): CorpusTemplate[] {
  const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.yaml'));
  return files.sort().flatMap((name) => {
    const { theme, data, templates } = parse(readFileSync(path.join(DIRECTORY, name), 'utf8')) as CorpusFile;
    return Object.entries(templates).map(([title, entry]) => ({
      theme,
      name: title,
      data,
      ...(typeof entry === 'string' ? { template: entry } : entry),
    }));
  });
}

/** Returns the stored results of real Go, which `npm run testbed -- run templates` generates. */
export function readExpected(): Readonly<Record<string, GoResult>> {
  return JSON.parse(readFileSync(EXPECTED, 'utf8')) as Record<string, GoResult>;
}

/** Returns the templates that must not be refused. Only these are run with Go. */
export function comparable(corpus: readonly CorpusTemplate[]): CorpusTemplate[] {
  return corpus.filter(({ refused }) => refused === undefined);
}

/** Returns the key of a template in the results. */
export function keyOf({ theme, name }: Pick<CorpusTemplate, 'theme' | 'name'>): string {
  return `${theme}: ${name}`;
}

/** Counts the templates of a theme that give the result of Go, and those that are refused. */
export interface ThemeCount {
  readonly theme: string;
  templates: number;
  identical: number;
  refused: number;
}

/** Renders all templates and compares: the same bytes, an error in both, or refused by the name in the corpus. */
export function compareCorpus(
  corpus: readonly CorpusTemplate[],
  results: Readonly<Record<string, GoResult>>,
): { differences: string[]; table: ThemeCount[] } {
  const differences: string[] = [];
  const counts = new Map<string, ThemeCount>();
  for (const entry of corpus) {
    const count = counts.get(entry.theme) ?? { theme: entry.theme, templates: 0, identical: 0, refused: 0 };
    counts.set(entry.theme, count);
    count.templates += 1;
    const ours = render(entry);
    const go = results[keyOf(entry)];
    if (!agrees(entry, ours, go)) {
      differences.push(describeDifference(entry, ours, go));
    } else if (entry.refused === undefined) {
      count.identical += 1;
    } else {
      count.refused += 1;
    }
  }
  return { differences, table: [...counts.values()] };
}

function agrees({ refused }: CorpusTemplate, ours: string | TemplateError, go: GoResult | undefined): boolean {
  const refusal = ours instanceof TemplateError ? ours.refused : undefined;
  if (refused !== undefined) {
    return refusal === refused;
  }
  if (go === undefined || refusal !== undefined) {
    return false;
  }
  return ours instanceof TemplateError ? 'error' in go : 'output' in go && go.output === ours;
}

function render({ template, data }: CorpusTemplate): string | TemplateError {
  try {
    return renderTemplate({ connectorClass: 'corpus', configuration: 'corpus', file: 'file', text: template }, data);
  } catch (error) {
    if (error instanceof TemplateError) {
      return error;
    }
    throw error;
  }
}

function describeDifference(entry: CorpusTemplate, ours: string | TemplateError, go: GoResult | undefined): string {
  const shown = typeof ours === 'string' ? JSON.stringify(ours) : ours.message;
  return `${keyOf(entry)}: rendered ${shown}; Go gives ${JSON.stringify(go) ?? 'no stored result'}${entry.refused ? `; must be refused: ${entry.refused}` : ''}`;
}
