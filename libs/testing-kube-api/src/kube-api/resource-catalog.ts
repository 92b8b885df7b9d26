import { parseApiVersion } from './api-object';
import { BUILT_IN_RESOURCES } from './built-in-resources';
import { type ResourceDefinition } from './resource-definition';

/** All types that the API serves: the built-in ones, and those of CustomResourceDefinitions. */
export class ResourceCatalog {
  readonly #definitions = new Map<string, ResourceDefinition>();

  constructor() {
    for (const definition of BUILT_IN_RESOURCES) {
      this.add(definition);
    }
  }

  add(definition: ResourceDefinition): void {
    this.#definitions.set(keyOf(definition), definition);
  }

  /** Removes all versions of a custom type. */
  remove(group: string, plural: string): void {
    for (const definition of this.all()) {
      if (definition.group === group && definition.plural === plural) {
        this.#definitions.delete(keyOf(definition));
      }
    }
  }

  find(group: string, version: string, plural: string): ResourceDefinition | undefined {
    return this.#definitions.get(keyOf({ group, version, plural }));
  }

  findKind(apiVersion: string, kind: string): ResourceDefinition | undefined {
    const { group, version } = parseApiVersion(apiVersion);
    return this.all().find((item) => item.group === group && item.version === version && item.kind === kind);
  }

  all(): ResourceDefinition[] {
    return [...this.#definitions.values()];
  }

  /** Returns the group versions in the order of their first type, the core group first. */
  groupVersions(): { group: string; version: string }[] {
    const seen = new Map(this.all().map(({ group, version }) => [`${group}/${version}`, { group, version }]));
    return [...seen.values()];
  }
}

function keyOf({ group, version, plural }: { group: string; version: string; plural: string }): string {
  return `${group}/${version}/${plural}`;
}
