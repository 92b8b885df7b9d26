import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { EgressPolicy } from '@oci-connector/egress';
import { type RegistryCredential } from '@oci-connector/oci-auth';
import { Sensitive } from '@oci-connector/sensitive';
import { type DiagnosisTarget } from '../src/diagnosis-target';

/** Allows the loopback addresses that the fixtures listen on, and nothing else that is refused by default. */
export const loopback = new EgressPolicy({ allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: [], refusedHosts: [] });

/** A target with short times. */
export function aTarget(address: string, options: Partial<DiagnosisTarget> = {}): DiagnosisTarget {
  return { address: parseUpstreamAddress(address), trustedRealms: [], ca: [], egress: loopback, timeoutMs: 10_000, ...options };
}

export function aCredential(username: string, password: string): RegistryCredential {
  return { username, password: new Sensitive(password) };
}

/** What arrived at a {@link LoopbackServer}. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A plain HTTP server that records what arrives. */
export class LoopbackServer {
  readonly requests: Arrived[] = [];
  readonly #server = createServer((request, response) => {
    this.requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    request.resume();
    this.answer(request, response);
  });

  private constructor(private readonly answer: (request: IncomingMessage, response: ServerResponse) => void) {}

  static async start(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<LoopbackServer> {
    const started = new LoopbackServer(answer);
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
