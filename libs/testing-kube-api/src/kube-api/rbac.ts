import { asList, asObject, asText, asTexts, isJsonObject, type JsonObject } from './json';
import { type ObjectStore } from './object-store';
import { SYSTEM_MASTERS, type UserInfo } from './user-info';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** A request for a resource, for RBAC to decide. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  /** Absent for cluster-scoped resources and for all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
}

/** A request for a path that is not a resource, for RBAC to decide. */
export interface PathAttributes {
  readonly verb: string;
  readonly path: string;
}

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A rule that applies to a user, and the binding that grants it. */
export interface EffectiveRule {
  readonly rule: JsonObject;
  readonly reason: string;
}

/** Role-based access control with the roles and bindings in the store. A request that no rule allows is forbidden. */
export class Rbac {
  constructor(private readonly store: ObjectStore) {}

  decide(user: UserInfo, attributes: ResourceAttributes | PathAttributes): Decision {
    if (user.groups.includes(SYSTEM_MASTERS)) {
      return { allowed: true, reason: '' };
    }
    const isPath = 'path' in attributes;
    const namespace = isPath ? undefined : attributes.namespace;
    const matches = isPath ? (rule: JsonObject) => allowsPath(rule, attributes) : (rule: JsonObject) => allowsResource(rule, attributes);
    const found = this.effectiveRules(user, namespace).find(({ rule }) => matches(rule));
    return found ? { allowed: true, reason: found.reason } : { allowed: false, reason: '' };
  }

  /** Returns the rules that apply to a user in the whole cluster and, if given, in a namespace. */
  effectiveRules(user: UserInfo, namespace?: string): EffectiveRule[] {
    const cluster = this.store.list(`${RBAC_GROUP}/clusterrolebindings`);
    const local = namespace ? this.store.list(`${RBAC_GROUP}/rolebindings`, namespace) : [];
    return [...cluster, ...local].flatMap((binding) => {
      const subject = asList(binding['subjects']).find((item) => isSubject(asObject(item), user, binding.metadata.namespace));
      if (!subject) {
        return [];
      }
      const reason = reasonOf(binding, asObject(subject));
      return this.#rulesOf(binding).map((rule) => ({ rule, reason }));
    });
  }

  #rulesOf(binding: { metadata: { namespace?: string } } & JsonObject): JsonObject[] {
    const reference = asObject(binding['roleRef']);
    const name = asText(reference['name']);
    const role =
      reference['kind'] === 'ClusterRole'
        ? this.store.get(`${RBAC_GROUP}/clusterroles`, { name })
        : this.store.get(`${RBAC_GROUP}/roles`, { namespace: binding.metadata.namespace, name });
    return asList(role?.['rules']).filter(isJsonObject);
  }
}

function isSubject(subject: JsonObject, user: UserInfo, bindingNamespace?: string): boolean {
  const name = asText(subject['name']);
  switch (subject['kind']) {
    case 'User':
      return user.username === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const namespace = asText(subject['namespace']) || bindingNamespace;
      return user.username === `system:serviceaccount:${namespace}:${name}`;
    }
    default:
      return false;
  }
}

function reasonOf(binding: { kind: string; metadata: { name: string; namespace?: string } } & JsonObject, subject: JsonObject): string {
  const { name, namespace } = binding.metadata;
  const role = asObject(binding['roleRef']);
  const where = namespace ? `${name}/${namespace}` : name;
  const who = subject['namespace'] ? `${asText(subject['name'])}/${asText(subject['namespace'])}` : asText(subject['name']);
  return `RBAC: allowed by ${binding.kind} "${where}" of ${asText(role['kind'])} "${asText(role['name'])}" to ${asText(subject['kind'])} "${who}"`;
}

function allowsResource(rule: JsonObject, asked: ResourceAttributes): boolean {
  const names = asTexts(rule['resourceNames']);
  return (
    includes(rule['verbs'], asked.verb) &&
    includes(rule['apiGroups'], asked.group) &&
    allowsResourceName(asTexts(rule['resources']), asked) &&
    (names.length === 0 || (asked.name !== undefined && names.includes(asked.name)))
  );
}

/**
 * Reports whether the resources of a rule include the resource. `connectors` does not include `connectors/proxy`; that needs
 * its own entry, `*`, or `*` and the subresource.
 */
function allowsResourceName(resources: readonly string[], { resource, subresource }: ResourceAttributes): boolean {
  const full = subresource ? `${resource}/${subresource}` : resource;
  return resources.some((item) => item === '*' || item === full || (subresource !== undefined && item === `*/${subresource}`));
}

function allowsPath(rule: JsonObject, { verb, path }: PathAttributes): boolean {
  return includes(rule['verbs'], verb) && asTexts(rule['nonResourceURLs']).some((pattern) => matchesPath(pattern, path));
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

function includes(list: unknown, value: string): boolean {
  const texts = asTexts(list);
  return texts.includes('*') || texts.includes(value);
}
