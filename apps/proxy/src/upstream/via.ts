import { ProxyError } from '../proxy.errors';

/** Appends this hop to the Via header that was received (RFC 9110 §7.6.3). */
export function viaHeader(received: string | undefined, own: string): string {
  return received === undefined ? `1.1 ${own}` : `${received}, 1.1 ${own}`;
}

/** @throws ProxyError LoopDetected when the request has passed through this proxy before */
export function refuseLoop(via: string | undefined, own: string): void {
  if (via === undefined) {
    return;
  }
  // RFC 9110 §7.6.3: comma-separated, each `[protocol/]version SP received-by [SP comment]`.
  const names = via.split(',').map((hop) => hop.trim().split(/\s+/)[1]?.toLowerCase());
  if (names.includes(own.toLowerCase())) {
    throw new ProxyError(
      'LoopDetected',
      `this request has already passed through "${own}": the address leads back to the proxy; correct spec.address of the Connector or the URL of the request, or give each installation a Via name of its own`,
    );
  }
}
