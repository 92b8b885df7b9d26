import { type Connector, DEFAULT_AUDIENCE } from '@oci-connector/connector-api';

/** The address at which clients reach a Connector, as its status has it. */
export interface ClientAddress {
  /** Without a slash at the end. */
  readonly url: string;
  /** The audience that a token must have. */
  readonly audience: string;
  /** Certificates to trust, in PEM; absent for http. */
  readonly caCertificates?: string;
}

/** Returns the address for https if there is one, otherwise that for http; undefined when the controller has not written any. */
export function clientAddress({ status }: Connector): ClientAddress | undefined {
  const { httpAddress, httpsAddress } = status?.proxy ?? {};
  const address = [httpsAddress, httpAddress].find(({ url } = {}) => url !== undefined && URL.canParse(url));
  if (address?.url === undefined) {
    return undefined;
  }
  const { url, audience = DEFAULT_AUDIENCE, CACerts: caCertificates } = address;
  return { url: url.replace(/\/$/, ''), audience, ...(caCertificates !== undefined && { caCertificates }) };
}
