import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isJsonObject, type JsonObject } from '../kube-api/json';
import { ContractWatch } from './contract-watch';
import { type KubeContractTarget } from './contract-target';

/** A response of the API. */
export interface ContractResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: JsonObject;
}

interface CallOptions {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

export const MERGE_PATCH = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
export const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** A client that uses plain HTTP requests, so that the suite sees the actual requests and responses. */
export class ContractClient {
  private constructor(
    private readonly target: KubeContractTarget,
    private readonly credential: RequestOptions & { cert?: string; key?: string },
  ) {}

  static asAdmin(target: KubeContractTarget): ContractClient {
    const { admin } = target;
    return 'token' in admin
      ? ContractClient.withToken(target, admin.token)
      : new ContractClient(target, { cert: admin.certificate, key: admin.key });
  }

  static withToken(target: KubeContractTarget, token: string): ContractClient {
    return new ContractClient(target, { headers: { authorization: `Bearer ${token}` } });
  }

  static anonymous(target: KubeContractTarget): ContractClient {
    return new ContractClient(target, {});
  }

  get(path: string, accept?: string): Promise<ContractResponse> {
    return this.#call('GET', path, { accept });
  }

  post(path: string, body: unknown): Promise<ContractResponse> {
    return this.#call('POST', path, { body });
  }

  put(path: string, body: unknown): Promise<ContractResponse> {
    return this.#call('PUT', path, { body });
  }

  patch(path: string, body: unknown, contentType = MERGE_PATCH): Promise<ContractResponse> {
    return this.#call('PATCH', path, { body, contentType });
  }

  delete(path: string, body?: unknown): Promise<ContractResponse> {
    return this.#call('DELETE', path, { body });
  }

  /** Starts a watch. `path` contains its parameters except `watch`. */
  async watch(path: string, accept?: string): Promise<ContractWatch> {
    const separator = path.includes('?') ? '&' : '?';
    const request = this.#open('GET', `${path}${separator}watch=true`, { accept });
    request.end();
    return new ContractWatch(await responseTo(request));
  }

  async #call(method: string, path: string, options: CallOptions): Promise<ContractResponse> {
    const request = this.#open(method, path, options);
    const content = options.body === undefined ? undefined : Buffer.from(textOf(options.body));
    // Node does not set Content-Length for the body of a DELETE.
    if (content) {
      request.setHeader('content-length', content.length);
    }
    request.end(content);
    const response = await responseTo(request);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.statusCode ?? 0, headers: response.headers, body: bodyOf(text) };
  }

  #open(method: string, path: string, { body, contentType = 'application/json', accept = 'application/json' }: CallOptions): ClientRequest {
    const { server, ca, tlsServerName } = this.target;
    const headers = { accept, ...(body !== undefined && { 'content-type': contentType }), ...(this.credential.headers as object) };
    const options = { ...this.credential, method, headers, agent: false, ca, servername: tlsServerName };
    return server.startsWith('https:') ? httpsRequest(`${server}${path}`, options) : httpRequest(`${server}${path}`, options);
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
}

function bodyOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : { text };
  } catch {
    return { text };
  }
}
