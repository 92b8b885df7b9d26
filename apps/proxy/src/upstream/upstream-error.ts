import { classifyConnectError, hostAndPort, UpstreamConnectError } from '@oci-connector/egress';
import { type UpstreamRequest } from './upstream-transport';

/** Why there is no answer to a request: its cancellation, or what the network, TLS or a parser of HTTP says. */
export function upstreamError(error: unknown, { origin, transfer }: Pick<UpstreamRequest, 'origin' | 'transfer'>): Error {
  return (
    transfer.cancelled ??
    classifyConnectError(error, hostAndPort(new URL(origin))) ??
    invalidAnswer(origin, 'it gave no valid HTTP answer', error)
  );
}

/** @param reason what is wrong with the answer, for those who may not know where a Connector leads */
export function invalidAnswer(origin: string, reason: string, cause?: unknown): UpstreamConnectError {
  const { host } = hostAndPort(new URL(origin));
  return new UpstreamConnectError('ResponseInvalid', `No answer from ${host}: ${reason}`, { cause, host, reason });
}
