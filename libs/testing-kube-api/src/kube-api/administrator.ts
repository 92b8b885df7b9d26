import { parseAllDocuments } from 'yaml';
import { type ApiObject, type ObjectAddress, type ObjectLike } from './api-object';
import { type Cluster } from './cluster';
import { createObject } from './create-object';
import { deleteObject } from './delete-object';
import { asObject, cloneJson, isJsonObject, type JsonObject } from './json';
import { storageType } from './resource-definition';
import { replaceObject } from './update-object';
import { decodeObject } from './prepare-object';
import { type WriteRequest } from './write-request';

/** Changes a cluster directly, for tests. Objects are validated like those of HTTP requests; unknown fields are errors. */
export class Administrator {
  constructor(private readonly cluster: Cluster) {}

  apply(object: ObjectLike): ApiObject {
    const { namespace, name = '' } = object.metadata as { namespace?: string; name?: string };
    const request = this.#request({ apiVersion: object.apiVersion, kind: object.kind, namespace });
    this.#ensureNamespace(request.namespace);
    const body = JSON.parse(JSON.stringify(object)) as JsonObject;
    const old = this.#find(request, name);
    if (!old) {
      return createObject({ ...body, metadata: { ...asObject(body['metadata']), resourceVersion: undefined } }, request);
    }
    const next = decodeObject(body, { ...request, name });
    delete next.metadata.resourceVersion;
    return replaceObject(next, old, { ...request, name });
  }

  applyYaml(text: string): ApiObject[] {
    const documents = parseAllDocuments(text).map((document): unknown => {
      const [problem] = document.errors;
      if (problem) {
        throw problem;
      }
      return document.toJS() as unknown;
    });
    return documents.filter(isJsonObject).map((object) => this.apply(object as unknown as ObjectLike));
  }

  applyStatus(address: ObjectAddress, status: object): ApiObject {
    const request = { ...this.#request(address), name: address.name, subresource: 'status' };
    const old = this.#find(request, address.name);
    if (!old) {
      throw new Error(`${address.kind} "${address.name}" does not exist`);
    }
    const next = { ...cloneJson(old), status: JSON.parse(JSON.stringify(status)) as JsonObject };
    return replaceObject(decodeObject(next, request), old, request);
  }

  get(address: ObjectAddress): ApiObject | undefined {
    return this.#find(this.#request(address), address.name);
  }

  list(type: { readonly apiVersion: string; readonly kind: string; readonly namespace?: string }): ApiObject[] {
    return this.cluster.store.list(storageType(this.#request(type).definition), type.namespace);
  }

  delete(address: ObjectAddress): void {
    const request = { ...this.#request(address), name: address.name };
    if (this.#find(request, address.name)) {
      deleteObject({ propagation: 'Background' }, request);
    }
  }

  #request({ apiVersion, kind, namespace }: { apiVersion: string; kind: string; namespace?: string }): WriteRequest {
    const definition = this.cluster.catalog.findKind(apiVersion, kind);
    if (!definition) {
      throw new Error(`this API does not serve ${apiVersion} ${kind}`);
    }
    const scope = definition.namespaced ? (namespace ?? 'default') : undefined;
    return { cluster: this.cluster, definition, namespace: scope, fieldValidation: 'Strict', dryRun: false, warnings: [] };
  }

  #find({ definition, namespace }: WriteRequest, name: string): ApiObject | undefined {
    return this.cluster.store.get(storageType(definition), { namespace, name });
  }

  #ensureNamespace(name: string | undefined): void {
    if (name === undefined || this.cluster.store.get('/namespaces', { name })) {
      return;
    }
    this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
}
