import { readAtMost } from '@oci-connector/http';
import { type RegistryHttp, type RegistryHttpOptions, type RegistryHttpResponse } from '@oci-connector/oci-auth';
import { type ByteShare } from '@oci-connector/limits';
import { Sensitive } from '@oci-connector/sensitive';
import { type Agent, type Dispatcher } from 'undici';
import { classifyConnectError } from './connect-errors';
import { type EgressPolicy } from './egress-policy';
import { UpstreamConnectError } from './egress.errors';
import { formatHostAndPort, hostAndPort } from './host-and-port';
import { createPinnedAgent } from './pinned-agent';
import { requestByAgent } from './request-by-agent';

export interface RegistryHttpClientOptions {
  policy: EgressPolicy;
  /** Certificates in PEM that are trusted in addition to the system's roots (`spec.caCertSecretRef`): for the registry and its token server. */
  ca?: readonly string[];
  /** The time limit of one request, from its start to the last byte of the response, in milliseconds; default 30 s. */
  timeoutMs?: number;
  /** Counts the bytes of responses while they are read. Absent: only the size of each response is limited. */
  held?: ByteShare;
}

/** Token servers under load take seconds. Clients that wait for a pull give up not much later than this. */
const TIMEOUT_MS = 30_000;

type Purpose = RegistryHttpOptions['purpose'];

/** Implements {@link RegistryHttp} with the egress policy: no redirects, no cookies, no decompression, limited time and body. */
export class RegistryHttpClient implements RegistryHttp {
  readonly #agents = new Map<Purpose, Agent>();

  constructor(private readonly options: RegistryHttpClientOptions) {}

  /** Rejects with EgressError or UpstreamConnectError when there is no response, or with the signal's reason. */
  async get(url: URL, options: RegistryHttpOptions): Promise<RegistryHttpResponse> {
    return await this.#send(url, 'GET', options);
  }

  /** Rejects like {@link get}. */
  async post(url: URL, options: RegistryHttpOptions & { body: Sensitive }): Promise<RegistryHttpResponse> {
    return await this.#send(url, 'POST', options, options.body);
  }

  /** Closes idle connections, and the others when their requests end. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }

  async #send(url: URL, method: Dispatcher.HttpMethod, options: RegistryHttpOptions, body?: Sensitive): Promise<RegistryHttpResponse> {
    const timeout = AbortSignal.timeout(this.options.timeoutMs ?? TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    try {
      const response = await requestByAgent(this.#agent(options.purpose), url, {
        method,
        headers: { 'user-agent': 'oci-connector', 'accept-encoding': 'identity', ...revealed(options.headers) },
        body: body?.reveal(),
        signal,
      });
      const read = await readAtMost(counted(response.body, this.options.held), options.maxBytes);
      return { status: response.statusCode, headers: response.headers, ...read };
    } catch (error) {
      options.signal?.throwIfAborted();
      const target = hostAndPort(url);
      if (timeout.aborted) {
        throw new UpstreamConnectError('ResponseTimeout', `No answer from ${formatHostAndPort(target)}: no response arrived in time.`, {
          cause: error,
          host: target.host,
          reason: 'no response arrived in time',
        });
      }
      throw classifyConnectError(error, target) ?? error;
    }
  }

  #agent(purpose: Purpose): Agent {
    const known = this.#agents.get(purpose);
    if (known) {
      return known;
    }
    const agent = createPinnedAgent({ policy: this.options.policy, ca: this.options.ca, purpose });
    this.#agents.set(purpose, agent);
    return agent;
  }
}

/** Yields the body and counts its bytes in `held` until the body is read. */
async function* counted(body: Dispatcher.ResponseData['body'], held: ByteShare | undefined): AsyncGenerator<Buffer, void, undefined> {
  let taken = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (held?.take(chunk.length) === false) {
        const reason = 'too many long answers of this registry and its token server are being read at the same time; try again';
        throw new UpstreamConnectError('BufferFull', reason, { reason });
      }
      taken += chunk.length;
      yield chunk;
    }
  } finally {
    held?.give(taken);
  }
}

function revealed(headers: RegistryHttpOptions['headers']): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, value instanceof Sensitive ? value.reveal() : value] as const);
  return Object.fromEntries(entries);
}
