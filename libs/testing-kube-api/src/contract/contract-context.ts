import { randomBytes } from 'node:crypto';
import { asText, at, type JsonObject } from '../kube-api/json';
import { ContractClient, type ContractResponse } from './contract-client';
import { type KubeContractTarget } from './contract-target';

/** State that all parts of the suite share. */
export class ContractContext {
  readonly admin: ContractClient;
  /** A namespace that only this run uses. */
  readonly namespace = `contract-${randomBytes(4).toString('hex')}`;
  /** A second namespace. */
  readonly otherNamespace = `${this.namespace}-other`;

  constructor(readonly target: KubeContractTarget) {
    this.admin = ContractClient.asAdmin(target);
  }

  /** Returns the path of a type of the core group in the namespace, or of one object. */
  core(plural: string, ...rest: string[]): string {
    return ['/api/v1/namespaces', this.namespace, plural, ...rest].join('/');
  }

  /** Returns the path of a type of another group, such as `apps/v1`, or of one object. */
  api(groupVersion: string, plural: string, ...rest: string[]): string {
    return ['/apis', groupVersion, 'namespaces', this.namespace, plural, ...rest].join('/');
  }

  as(token: string): ContractClient {
    return ContractClient.withToken(this.target, token);
  }

  async createNamespaces(): Promise<void> {
    for (const name of [this.namespace, this.otherNamespace]) {
      await this.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
  }

  async removeNamespaces(): Promise<void> {
    for (const name of [this.namespace, this.otherNamespace]) {
      await this.admin.delete(`/api/v1/namespaces/${name}`);
    }
  }

  /**
   * Creates an object.
   *
   * @throws Error when the API refuses it
   */
  async create(path: string, object: object): Promise<JsonObject> {
    const response = await this.admin.post(path, object);
    if (response.status !== 201) {
      throw new Error(`POST ${path}: ${response.status} ${messageOf(response)}`);
    }
    return response.body;
  }
}

/** Returns the `message` of a Status. */
export function messageOf({ body }: ContractResponse): string {
  return asText(body['message']);
}

export function versionOf(object: unknown): string {
  return asText(at(object, 'metadata', 'resourceVersion'));
}
