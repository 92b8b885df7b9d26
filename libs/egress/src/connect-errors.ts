import { type UpstreamConnectError } from './egress.errors';

/** The typed form of what went wrong on the way to an upstream; undefined for an error that is no such thing. */
export function classifyConnectError(_error: unknown, _target?: { host: string; port: number }): UpstreamConnectError | undefined {
  throw new Error('not yet');
}
