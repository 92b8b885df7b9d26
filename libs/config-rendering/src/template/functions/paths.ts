import { define, type FunctionTable, type TemplateFunction } from './template-function';

const base = define(['string'], ([path]) => lastElement(path));
const dir = define(['string'], ([path]) => clean(path.slice(0, path.lastIndexOf('/') + 1)));
const cleaned = define(['string'], ([path]) => clean(path));
const extension = define(['string'], ([path]) => /\.[^./]*$/.exec(path)?.[0] ?? '');
const isAbsolute: TemplateFunction = define(['string'], ([path]) => path.startsWith('/'));

/** sprig: paths with slashes. The `os…` functions do the same on Linux, where the volumes are. */
export const PATHS: FunctionTable = {
  base,
  dir,
  clean: cleaned,
  ext: extension,
  isAbs: isAbsolute,
  osBase: base,
  osDir: dir,
  osClean: cleaned,
  osExt: extension,
  osIsAbs: isAbsolute,
};

/** Reproduces Go's path.Base. */
function lastElement(path: string): string {
  if (path === '') {
    return '.';
  }
  let end = path.length;
  while (path.charAt(end - 1) === '/') {
    end--;
  }
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

/** Reproduces Go's path.Clean: removes empty elements and `.`, and resolves `..` where possible. */
function clean(path: string): string {
  const root = path.startsWith('/') ? '/' : '';
  const kept: string[] = [];
  for (const element of path.split('/')) {
    if (element === '' || element === '.') {
      continue;
    }
    if (element !== '..') {
      kept.push(element);
    } else if (kept.length > 0 && kept.at(-1) !== '..') {
      kept.pop();
    } else if (root === '') {
      kept.push(element);
    }
  }
  return root + kept.join('/') || '.';
}
