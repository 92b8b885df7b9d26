import { parseFieldTerms, selectedName } from './field-selector';

/** A request as RBAC sees it. */
export interface RequestInfo {
  /** Decoded path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The verb of the resource, or the method in lower case. */
  readonly verb: string;
  /** Absent for paths such as /version. */
  readonly target?: RequestTarget;
}

export interface RequestTarget {
  readonly group: string;
  readonly version: string;
  /** Plural name. */
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** The name that the field selector of a list or watch requires. */
  readonly selectedName?: string;
}

/** Parses method and URL, without checking that anything exists. */
export function parseRequestInfo(method: string, rawUrl: string): RequestInfo {
  const url = new URL(rawUrl, 'http://kubernetes');
  const segments = url.pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
  const path = `/${segments.join('/')}`;
  const target = parseTarget(segments);
  if (!target) {
    return { path, query: url.searchParams, verb: method.toLowerCase() };
  }
  const verb = verbOf(method, target, url.searchParams);
  const selected = verb === 'list' || verb === 'watch' ? pinnedName(url.searchParams) : undefined;
  return { path, query: url.searchParams, verb, target: { ...target, selectedName: selected } };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function parseTarget(segments: readonly string[]): RequestTarget | undefined {
  if (segments[0] === 'api' && segments.length > 2) {
    return within({ group: '', version: segments[1] ?? '' }, segments.slice(2));
  }
  if (segments[0] === 'apis' && segments.length > 3) {
    return within({ group: segments[1] ?? '', version: segments[2] ?? '' }, segments.slice(3));
  }
  return undefined;
}

/** Subresources of a namespace. Any other name below a namespace is a resource in it. */
const NAMESPACE_SUBRESOURCES = ['status', 'finalize'];

function within(api: { group: string; version: string }, rest: readonly string[]): RequestTarget {
  const [first = '', second, third] = rest;
  if (first !== 'namespaces' || second === undefined) {
    return named(api, rest);
  }
  if (third === undefined || NAMESPACE_SUBRESOURCES.includes(third)) {
    return { ...named(api, rest), namespace: second };
  }
  return { ...named(api, rest.slice(2)), namespace: second };
}

function named(api: { group: string; version: string }, [resource = '', name, ...subresource]: readonly string[]): RequestTarget {
  return { ...api, resource, name, subresource: subresource.length > 0 ? subresource.join('/') : undefined };
}

function verbOf(method: string, target: RequestTarget, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (target.name !== undefined) {
        return 'get';
      }
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return target.name === undefined ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}

/** Parses a boolean parameter as Kubernetes does: it is true if present, unless its value is false or 0. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}

/** Returns the name that the selector requires. Ignores an invalid selector, which the list refuses later. */
function pinnedName(query: URLSearchParams): string | undefined {
  try {
    return selectedName(parseFieldTerms(query.get('fieldSelector') ?? ''));
  } catch {
    return undefined;
  }
}
