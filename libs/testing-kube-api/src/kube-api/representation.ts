import { type ApiObject } from './api-object';
import { notAcceptable } from './api-error';
import { type JsonObject } from './json';
import { type ResourceDefinition } from './resource-definition';
import { tableOf } from './table';

/** The form in which objects are sent. */
export type Representation = 'object' | 'metadata' | 'table';

/**
 * Chooses the first supported form in the Accept header. Protobuf and CBOR are not supported; their clients also accept JSON.
 *
 * @throws ApiError 406 when no form is supported
 */
export function chooseRepresentation(accept: string | undefined): Representation {
  const ranges = (accept ?? '*/*').split(',').map((range) => range.split(';').map((part) => part.trim()));
  for (const [type = '', ...parameters] of ranges) {
    if (!['application/json', 'application/*', '*/*'].includes(type)) {
      continue;
    }
    const found = representationAs(parameters);
    if (found) {
      return found;
    }
  }
  throw notAcceptable();
}

function representationAs(parameters: readonly string[]): Representation | undefined {
  const value = (name: string): string | undefined => parameters.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1);
  const as = value('as');
  if (as === undefined) {
    return 'object';
  }
  if (value('g') !== 'meta.k8s.io' || value('v') !== 'v1') {
    return undefined;
  }
  if (as === 'Table') {
    return 'table';
  }
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'metadata' : undefined;
}

/** The objects and metadata of a list. */
export interface ListParts {
  readonly objects: readonly ApiObject[];
  readonly metadata: JsonObject;
}

/** Converts objects of one type to one form. */
export class Presenter {
  constructor(
    private readonly definition: ResourceDefinition,
    private readonly representation: Representation,
    private readonly options: { readonly clock: () => number; readonly includeObject: string },
  ) {}

  /** Converts one object. A table does not repeat the columns when the object follows others in a stream (`inStream`). */
  one(object: ApiObject, inStream = false): JsonObject {
    switch (this.representation) {
      case 'object':
        return object;
      case 'metadata':
        return partial(object);
      case 'table': {
        const table = this.#table([object], { resourceVersion: object.metadata.resourceVersion });
        return inStream ? { ...table, columnDefinitions: null } : table;
      }
    }
  }

  list({ objects, metadata }: ListParts): JsonObject {
    const { group, version, listKind } = this.definition;
    switch (this.representation) {
      case 'object':
        return { apiVersion: group ? `${group}/${version}` : version, items: objects, kind: listKind, metadata };
      case 'metadata':
        return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(partial) };
      case 'table':
        return this.#table(objects, metadata);
    }
  }

  /** Returns a bookmark: the kind and the version that the watch has reached. */
  bookmark(version: number, annotations?: Record<string, string>): JsonObject {
    const { group, version: apiVersion, kind } = this.definition;
    const metadata = { resourceVersion: String(version), creationTimestamp: null, ...(annotations && { annotations }) };
    switch (this.representation) {
      case 'object':
        return { kind, apiVersion: group ? `${group}/${apiVersion}` : apiVersion, metadata };
      case 'metadata':
        return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
      case 'table':
        return { ...this.#table([], { resourceVersion: String(version) }), columnDefinitions: null };
    }
  }

  #table(objects: readonly ApiObject[], metadata: JsonObject): JsonObject {
    const { columnDefinitions, rows } = tableOf(this.definition, objects, this.options.clock());
    const withObjects = rows.map(({ cells, object }) => ({ cells, ...this.#rowObject(object) }));
    return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions, rows: withObjects };
  }

  #rowObject(object: ApiObject): JsonObject {
    if (this.options.includeObject === 'None') {
      return {};
    }
    return { object: this.options.includeObject === 'Object' ? object : partial(object) };
  }
}

function partial({ metadata }: ApiObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
