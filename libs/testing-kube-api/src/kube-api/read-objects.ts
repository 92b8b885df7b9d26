import { type ApiObject } from './api-object';
import { badRequest, expired, futureVersion } from './api-error';
import { type Cluster } from './cluster';
import { fieldFilter, parseFieldTerms } from './field-selector';
import { type JsonObject } from './json';
import { type ObjectFilter, parseLabelSelector } from './label-selector';
import { type ListSnapshot } from './list-snapshots';
import { type ListParts } from './representation';
import { type ResourceDefinition, storageType } from './resource-definition';

/** The objects that a list or watch selects. */
export interface Selection {
  readonly resource: string;
  readonly namespace?: string;
  readonly matches: ObjectFilter;
}

/**
 * Parses the selectors of a request.
 *
 * @throws ApiError 400 when a selector is invalid
 */
export function parseSelection(definition: ResourceDefinition, namespace: string | undefined, query: URLSearchParams): Selection {
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '');
  const byField = fieldFilter(parseFieldTerms(query.get('fieldSelector') ?? ''), definition);
  return {
    resource: storageType(definition),
    namespace,
    matches: (object) => (!namespace || object.metadata.namespace === namespace) && byLabel(object) && byField(object),
  };
}

/**
 * Parses a resource version of the query. Absent and 0 mean any version.
 *
 * @throws ApiError 400 when it is invalid, 504 when it is in the future
 */
function parseVersion(text: string | null, current: number): number | undefined {
  if (text === null || text === '' || text === '0') {
    return undefined;
  }
  if (!/^\d+$/.test(text)) {
    throw badRequest(`Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const version = Number(text);
  if (version > current) {
    throw futureVersion(version, current);
  }
  return version;
}

/**
 * Lists objects, in pages if `limit` is given. All pages of a list show the same state.
 *
 * @throws ApiError 400, 410 (expired) or 504 (future version)
 */
export function listObjects(selection: Selection, query: URLSearchParams, cluster: Cluster): ListParts {
  const { store, snapshots } = cluster;
  const limit = parseLimit(query.get('limit'));
  const token = query.get('continue');
  if (token) {
    const { id, offset, snapshot } = snapshots.resume(token);
    return page(snapshot, { offset, limit, id }, cluster);
  }
  const version = parseVersion(query.get('resourceVersion'), store.version);
  if (version !== undefined && query.get('resourceVersionMatch') === 'Exact' && version !== store.version) {
    throw expired(`The resourceVersion for the provided list is too old: ${version} (${store.version})`);
  }
  const objects = store.list(selection.resource, selection.namespace).filter(selection.matches);
  return page({ version: store.version, objects }, { offset: 0, limit }, cluster);
}

interface Page {
  readonly offset: number;
  /** 0 means all. */
  readonly limit: number;
  readonly id?: string;
}

function page(snapshot: ListSnapshot, { offset, limit, id }: Page, { snapshots }: Cluster): ListParts {
  const end = limit === 0 ? snapshot.objects.length : offset + limit;
  const objects: readonly ApiObject[] = snapshot.objects.slice(offset, end);
  const remaining = snapshot.objects.length - end;
  const metadata: JsonObject = { resourceVersion: String(snapshot.version) };
  if (remaining > 0) {
    Object.assign(metadata, { continue: snapshots.keep(snapshot, end, id), remainingItemCount: remaining });
  }
  return { objects, metadata };
}

function parseLimit(text: string | null): number {
  if (text === null || text === '') {
    return 0;
  }
  if (!/^\d+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}
