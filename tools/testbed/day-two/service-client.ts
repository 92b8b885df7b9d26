import { type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connectorHostNames } from '@oci-connector/connector-api';
import { ConfigMaps, Services } from '@oci-connector/kube';
import { sendRequest, type ReceivedResponse, type SendOptions } from '@oci-connector/testing-kit';
import { type NamespacedName } from '../../installation/namespaced-name';
import { requestToken } from '../../installation/request-token';
import { CA_KEY } from '../cluster/aged-ca';
import { SYSTEM } from '../cluster/helm';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { type SharedConnector } from '../cluster/shared-connector';
import { sha256 } from '../oci-layout';
import { type Secret } from '../secret-search';

export interface ClientOptions extends SharedConnector {
  readonly cluster: InstalledCluster;
  /** Receives the token, which must be in no log. */
  readonly secrets: Secret[];
}

export type Sending = Pick<SendOptions, 'method' | 'headers' | 'body' | 'agent'> & {
  /** Address of a replica; default: the Service, whose connections kube-proxy distributes to all ready replicas. */
  readonly replica?: string;
};

/** Limit for a response, in milliseconds; it only ends a request that hangs. */
const ANSWER_MS = 60_000;

/** Port of a replica for https, and of the Service. */
const REPLICA_PORT = 8443;
const SERVICE_PORT = 443;

const OCTETS = { 'content-type': 'application/octet-stream' };

/**
 * A client of one Connector that reaches the proxy as pods do: by https under the Connector's name, through the cluster IP of the proxy's
 * Service. It needs no name server, and a new connection for each request shows what each connection meets.
 */
export class ServiceClient {
  private constructor(
    readonly host: string,
    private readonly service: string,
    private readonly authorization: string,
    private readonly ca: string,
  ) {}

  /** Requests a token of the account, and reads the CA of the proxy. */
  static async of({ cluster, secrets, connector, pusher }: ClientOptions): Promise<ServiceClient> {
    const { client } = cluster;
    const token = (await requestToken(client, { ...pusher, audience: 'connectors-proxy', expirationSeconds: 3600 })).reveal();
    secrets.push({ name: `a token of ${pusher.name}`, value: token });
    const { spec } = await client.get(Services, { namespace: SYSTEM, name: 'connectors-proxy-service' });
    const { data } = await client.get(ConfigMaps, CA_KEY);
    const authorization = `Basic ${Buffer.from(`any:${token}`).toString('base64')}`;
    return new ServiceClient(hostOf(connector), spec?.clusterIP ?? '', authorization, data?.['ca.crt'] ?? '');
  }

  /** Sends a request and receives the response completely. */
  send(location: string, { replica, headers, ...options }: Sending = {}): Promise<ReceivedResponse> {
    return sendRequest(new URL(location, `https://${this.host}`).href, {
      ...options,
      headers: { authorization: this.authorization, ...headers },
      ca: this.ca,
      connectTo: this.#target(replica),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  }

  /** Returns a response whose body is not read yet. */
  open(location: string): Promise<IncomingMessage> {
    const { host } = this;
    return new Promise((resolve, reject) => {
      httpsRequest({
        ...this.#target(),
        servername: host,
        path: location,
        headers: { host, authorization: this.authorization },
        ca: this.ca,
        agent: false,
      })
        .on('response', resolve)
        .on('error', reject)
        .end();
    });
  }

  /** Pushes a blob. @returns its path */
  async push(repository: string, content: Buffer): Promise<string> {
    const digest = sha256(content);
    const location = await this.begin(repository);
    expectStatus(await this.send(withDigest(location, digest), { method: 'PUT', body: content, headers: OCTETS }), 201);
    return `/v2/${repository}/blobs/${digest}`;
  }

  /** Begins an upload. @returns its location */
  async begin(repository: string, replica?: string): Promise<string> {
    const { headers } = expectStatus(await this.send(`/v2/${repository}/blobs/uploads/`, { method: 'POST', body: '', replica }), 202);
    return headers.location ?? '';
  }

  /** Appends a chunk to an upload. @returns the next location */
  async append(location: string, { chunk, offset, replica }: { chunk: Buffer; offset: number; replica?: string }): Promise<string> {
    const headers = { ...OCTETS, 'content-range': `${offset}-${offset + chunk.length - 1}` };
    const answer = expectStatus(await this.send(location, { method: 'PATCH', body: chunk, headers, replica }), 202);
    return answer.headers.location ?? '';
  }

  /** Ends an upload with its last chunk. */
  async finish(location: string, content: Buffer, { chunk, replica }: { chunk: Buffer; replica?: string }): Promise<void> {
    const options = { method: 'PUT', body: chunk, headers: OCTETS, replica };
    expectStatus(await this.send(withDigest(location, sha256(content)), options), 201);
  }

  #target(host = this.service): { host: string; port: number } {
    return { host, port: host === this.service ? SERVICE_PORT : REPLICA_PORT };
  }
}

/** @throws Error with the response, when it has another status */
export function expectStatus(response: ReceivedResponse, status: number): ReceivedResponse {
  if (response.status !== status) {
    throw new Error(`expected status ${status}, got ${response.status}: ${response.body.toString('utf8', 0, 500)}`);
  }
  return response;
}

function withDigest(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}

function hostOf({ namespace, name }: NamespacedName): string {
  return connectorHostNames({ namespace, name, clusterDomain: 'cluster.local' }).at(-1) ?? '';
}
