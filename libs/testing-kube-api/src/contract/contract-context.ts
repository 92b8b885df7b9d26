import { randomBytes } from 'node:crypto';
import { asText, at, type JsonObject } from '../kube-api/json';
import { ContractClient, type ContractResponse } from './contract-client';
import { type KubeContractTarget } from './contract-target';

/** What every part of the suite has at hand while it runs. */
export class ContractContext {
  readonly admin: ContractClient;
  /** A namespace of this run alone. */
  readonly namespace = `contract-${randomBytes(4).toString('hex')}`;
  /** Another one. */
  readonly otherNamespace = `${this.namespace}-other`;

  constructor(readonly target: KubeContractTarget) {
    this.admin = ContractClient.asAdmin(target);
  }

  /** Path of a type of the core group in the namespace, or of one object. */
  core(plural: string, ...rest: string[]): string {
    return ['/api/v1/namespaces', this.namespace, plural, ...rest].join('/');
  }

  /** The same for another group: `apps/v1`. */
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

  /** Creates an object that must be taken. */
  async create(path: string, object: object): Promise<JsonObject> {
    const response = await this.admin.post(path, object);
    if (response.status !== 201) {
      throw new Error(`POST ${path}: ${response.status} ${messageOf(response)}`);
    }
    return response.body;
  }
}

/** `message` of a Status. */
export function messageOf({ body }: ContractResponse): string {
  return asText(body['message']);
}

export function versionOf(object: unknown): string {
  return asText(at(object, 'metadata', 'resourceVersion'));
}
