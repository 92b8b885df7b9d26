import { classifyConnectError, hostAndPort, UpstreamConnectError } from '@oci-connector/egress';
import { type UpstreamRequest } from './upstream-transport';

/** Returns the reason why a request has no response: its cancellation, or an error of the network, of TLS or of the HTTP parser. */
export function upstreamError(error: unknown, { origin, transfer }: Pick<UpstreamRequest, 'origin' | 'transfer'>): Error {
  return (
    transfer.cancelled ??
    classifyConnectError(error, hostAndPort(new URL(origin))) ??
    invalidAnswer(origin, 'it gave no valid HTTP answer', error)
  );
}

/** @param reason what is wrong with the response; for clients, so without the places to which a Connector leads */
export function invalidAnswer(origin: string, reason: string, cause?: unknown): UpstreamConnectError {
  const { host } = hostAndPort(new URL(origin));
  return new UpstreamConnectError('ResponseInvalid', `No answer from ${host}: ${reason}`, { cause, host, reason });
}
