import { type KubeObject } from '@oci-connector/connector-api';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments, visit } from 'yaml';
import { AS_KUBECTL_READS } from '../../installation/apply-manifests';
import { type ManifestText } from '../../installation/read-manifests';

/** An object of a file, with the lines of its fields. */
export interface Manifest {
  readonly file: string;
  readonly object: KubeObject & Readonly<Record<string, unknown>>;
  /** Returns the line of a field such as `spec.auth.params[0].name`; of the nearest field above when there is none. */
  readonly lineOf: (path: string) => number;
  /** Returns the line of the file that has a line of a text. @param line of the text, from 1 */
  readonly lineInText: (path: string, line: number) => number;
}

/** A text that is not YAML. */
export interface SyntaxProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ParsedText {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly SyntaxProblem[];
}

/** Parses YAML or JSON as kubectl does, and keeps the positions. Values that are no objects of Kubernetes are ignored. */
export function parseText({ name: file, text }: ManifestText): ParsedText {
  const lines = new LineCounter();
  const manifests: Manifest[] = [];
  const problems: SyntaxProblem[] = [];
  for (const document of parseAllDocuments(text, { ...AS_KUBECTL_READS, lineCounter: lines })) {
    const problem = problemOf(document);
    if (problem) {
      const { at, message } = problem;
      problems.push({ file, line: lines.linePos(at).line, message: `not valid YAML: ${message}` });
      continue;
    }
    manifests.push(...objectsOf(document.contents, { file, document, lines }));
  }
  return { manifests, problems };
}

/** Returns why a document has no value, and the offset of the place. */
function problemOf(document: Document.Parsed): { readonly at: number; readonly message: string } | undefined {
  const [error] = document.errors;
  if (error) {
    const [message = ''] = error.message.split(' at line ', 1);
    return { at: error.pos[0], message };
  }
  return aliasProblemOf(document);
}

/** An alias must follow its anchor, must not be inside of it, and must not multiply the text (kubectl refuses the same). */
function aliasProblemOf(document: Document.Parsed): { readonly at: number; readonly message: string } | undefined {
  let problem: { at: number; message: string } | undefined;
  visit(document, {
    Alias: (_key, alias, path) => {
      const target = alias.resolve(document);
      const what = target === undefined ? 'has no anchor before it' : path.includes(target) ? 'is inside of its own anchor' : undefined;
      problem = what === undefined ? undefined : { at: alias.range?.[0] ?? 0, message: `the alias *${alias.source} ${what}` };
      return problem && visit.BREAK;
    },
  });
  if (problem) {
    return problem;
  }
  try {
    document.toJS();
    return undefined;
  } catch (error) {
    return { at: document.range[0], message: (error as Error).message };
  }
}

interface Place {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** Like kubectl, replaces a List by its items. */
function objectsOf(value: unknown, place: Place): Manifest[] {
  const node = isAlias(value) ? value.resolve(place.document) : value;
  if (!isMap(node)) {
    return [];
  }
  const object = node.toJS(place.document) as { kind?: unknown; metadata?: unknown; items?: unknown };
  const items: unknown = node.get('items', true);
  if (typeof object.kind === 'string' && object.kind.endsWith('List') && isSeq(items)) {
    return items.items.flatMap((item) => objectsOf(item, place));
  }
  const finder = new FieldFinder(node, place);
  return [
    {
      file: place.file,
      object: object as Manifest['object'],
      lineOf: (path) => finder.find(path).line,
      lineInText: (path, line) => finder.lineInText(path, line),
    },
  ];
}

interface Found {
  readonly node: unknown;
  readonly line: number;
}

/** Finds the nodes of fields by their paths. */
class FieldFinder {
  constructor(
    private readonly root: Node,
    private readonly place: Place,
  ) {}

  find(path: string): Found {
    let found: Found = { node: this.root, line: this.#lineOf(this.root) };
    for (let rest = path; rest !== '';) {
      const step = this.#step(found.node, rest);
      if (!step) {
        return found;
      }
      found = { node: step.node, line: this.#lineOf(step.mark) };
      rest = step.rest.replace(/^\./, '');
    }
    return found;
  }

  lineInText(path: string, line: number): number {
    const { node } = this.find(path);
    const scalar = isAlias(node) ? node.resolve(this.place.document) : node;
    const first = this.#lineOf(scalar);
    // The text of a block scalar begins in the line after `|`. Lines of the other forms are not those of the text.
    return isScalar(scalar) && (scalar.type === 'BLOCK_LITERAL' || scalar.type === 'BLOCK_FOLDED') ? first + line : first;
  }

  /** Returns the child that the path leads to first. A key may contain dots, so the longest one that fits counts. */
  #step(parent: unknown, path: string): { node: unknown; mark: unknown; rest: string } | undefined {
    const node = isAlias(parent) ? parent.resolve(this.place.document) : parent;
    if (isSeq(node)) {
      const [bracketed = '', index] = /^\[(\d+)\]/.exec(path) ?? [];
      const item = index === undefined ? undefined : node.items[Number(index)];
      return item === undefined ? undefined : { node: item, mark: item, rest: path.slice(bracketed.length) };
    }
    if (!isMap(node)) {
      return undefined;
    }
    const fitting = node.items.filter((pair) => begins(path, keyOf(pair))).sort((one, other) => keyOf(other).length - keyOf(one).length);
    const [pair] = fitting;
    return pair && { node: pair.value, mark: pair.key, rest: path.slice(keyOf(pair).length) };
  }

  #lineOf(node: unknown): number {
    const range = (node as Partial<Node> | null)?.range;
    return range ? this.place.lines.linePos(range[0]).line : 1;
  }
}

function keyOf({ key }: Pair<unknown, unknown>): string {
  return String(isScalar(key) ? key.value : key);
}

function begins(path: string, key: string): boolean {
  return path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`);
}
