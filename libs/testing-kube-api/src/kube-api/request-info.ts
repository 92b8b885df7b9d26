import { parseFieldTerms, selectedName } from './field-selector';

/** What a request is about, as RBAC sees it. */
export interface RequestInfo {
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Resource verb, or the method in lower case. */
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
  /** The name that the field selector of a list or watch pins. */
  readonly selectedName?: string;
}

/** Reads method and URL; nothing is looked up. */
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

/** Subresources of a namespace itself; everything else below a namespace is a resource in it. */
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

/** As Kubernetes reads a boolean parameter: present counts, unless it says otherwise. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== 'false' && value !== '0';
}

/** A selector that does not parse pins nothing; the list itself refuses it. */
function pinnedName(query: URLSearchParams): string | undefined {
  try {
    return selectedName(parseFieldTerms(query.get('fieldSelector') ?? ''));
  } catch {
    return undefined;
  }
}
