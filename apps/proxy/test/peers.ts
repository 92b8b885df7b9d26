import { platform } from 'node:process';

/** How a client reaches a port, and by which address it is known there. */
export interface Peer {
  readonly host: string;
  readonly localAddress: string;
}

export const HONEST: Peer = { host: '127.0.0.1', localAddress: '127.0.0.1' };

/** Another address than the one that everybody else has in tests. Linux has all of 127.0.0.0/8 on loopback, macOS 127.0.0.1 and ::1. */
export const ATTACKER: Peer =
  platform === 'linux' ? { host: '127.0.0.1', localAddress: '127.0.0.2' } : { host: '::1', localAddress: '::1' };

/** Where a port listens that both are to reach. */
export const LISTENS_ON = platform === 'linux' ? '127.0.0.1' : '::';
