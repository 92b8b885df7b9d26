import { formatApiVersion } from './api-object';
import { type JsonObject } from './json';
import { type ResourceCatalog } from './resource-catalog';
import { type ResourceDefinition } from './resource-definition';

const OBJECT_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Returns the response for a path of the discovery API; undefined for other paths and for groups that are not served. */
export function answerDiscovery(path: string, catalog: ResourceCatalog): JsonObject | undefined {
  const [root, group, version, ...rest] = path.split('/').filter((segment) => segment !== '');
  if (rest.length > 0) {
    return undefined;
  }
  if (root === 'api') {
    return version === undefined ? answerCore(group, catalog) : undefined;
  }
  if (root !== 'apis') {
    return undefined;
  }
  if (group === undefined) {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames(catalog).map((name) => apiGroup(name, catalog)) };
  }
  if (version !== undefined) {
    return resourceList(group, version, catalog);
  }
  return groupNames(catalog).includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group, catalog) } : undefined;
}

function answerCore(version: string | undefined, catalog: ResourceCatalog): JsonObject | undefined {
  if (version !== undefined) {
    return resourceList('', version, catalog);
  }
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

function groupNames(catalog: ResourceCatalog): string[] {
  return [...new Set(catalog.groupVersions().map(({ group }) => group))].filter((group) => group !== '');
}

function apiGroup(name: string, catalog: ResourceCatalog): JsonObject {
  const versions = catalog
    .groupVersions()
    .filter(({ group }) => group === name)
    .map(({ group, version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string, catalog: ResourceCatalog): JsonObject | undefined {
  const definitions = catalog.all().filter((item) => item.group === group && item.version === version);
  if (definitions.length === 0) {
    return undefined;
  }
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: formatApiVersion({ group, version }),
    resources: definitions.flatMap(apiResources),
  };
}

function apiResources(definition: ResourceDefinition): JsonObject[] {
  const { plural, singular, kind, namespaced, shortNames, categories, createOnly, hasStatus, subresources } = definition;
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: createOnly ? ['create'] : OBJECT_VERBS,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
  const status = { name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] };
  return [own, ...(hasStatus ? [status] : []), ...subresources.map((name) => subresource(definition, name))];
}

/** Describes a subresource; `serviceaccounts/token` is the only one. */
function subresource({ plural, namespaced }: ResourceDefinition, name: string): JsonObject {
  const answer = { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] };
  return { name: `${plural}/${name}`, singularName: '', namespaced, ...answer };
}
