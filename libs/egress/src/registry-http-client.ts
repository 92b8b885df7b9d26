import { type RegistryHttp, type RegistryHttpOptions, type RegistryHttpResponse } from '@oci-connector/oci-auth';
import { type Sensitive } from '@oci-connector/sensitive';
import { type EgressPolicy } from './egress-policy';

export interface RegistryHttpClientOptions {
  policy: EgressPolicy;
  /** Certificates in PEM that are trusted besides the system's roots. */
  ca?: readonly string[];
  /** Time for one request from start to last byte. */
  timeoutMs?: number;
}

export class RegistryHttpClient implements RegistryHttp {
  constructor(readonly options: RegistryHttpClientOptions) {}

  get(_url: URL, _options: RegistryHttpOptions): Promise<RegistryHttpResponse> {
    throw new Error('not yet');
  }

  post(_url: URL, _options: RegistryHttpOptions & { body: Sensitive }): Promise<RegistryHttpResponse> {
    throw new Error('not yet');
  }

  close(): Promise<void> {
    throw new Error('not yet');
  }
}
