import { type ServerResponse } from 'node:http';
import { type Lease, type LeaseSpec } from '../src/kube-objects';
import { json, refuse, type SeenRequest } from './api-server';

/** One Lease, with the optimistic locking of a real API server. */
export class LeaseServer {
  lease?: Lease;
  /** Called instead of sending a response. */
  fault?: (request: SeenRequest, response: ServerResponse) => void;
  #version = 0;

  readonly answer = (request: SeenRequest, response: ServerResponse): void => {
    if (this.fault !== undefined) {
      this.fault(request, response);
      return;
    }
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      refuse(response, ...refusal);
      return;
    }
    if (request.body !== '') {
      this.write((JSON.parse(request.body) as Lease).spec ?? {});
    }
    json(response, 200, this.lease);
  };

  #refusalOf({ method, body }: SeenRequest): [number, string] | undefined {
    if (method === 'POST') {
      return this.lease === undefined ? undefined : [409, 'AlreadyExists'];
    }
    if (this.lease === undefined) {
      return [404, 'NotFound'];
    }
    const current = method === 'GET' || (JSON.parse(body) as Lease).metadata.resourceVersion === this.lease.metadata.resourceVersion;
    return current ? undefined : [409, 'Conflict'];
  }

  delete(): void {
    this.lease = undefined;
  }

  /** Writes the present spec again, so that only the version changes. */
  touch(): void {
    this.write(this.lease?.spec ?? {});
  }

  write(spec: LeaseSpec): void {
    this.#version++;
    this.lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'connectors-system', name: 'controller', resourceVersion: String(this.#version) },
      spec,
    };
  }

  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity;
  }
}
