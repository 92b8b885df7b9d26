import { platform } from 'node:process';

/** A client's addresses: where it connects to, and where its connections come from. */
export interface Peer {
  readonly host: string;
  readonly localAddress: string;
}

export const HONEST: Peer = { host: '127.0.0.1', localAddress: '127.0.0.1' };

/** A client with another address than all others in tests. Linux has all of 127.0.0.0/8 on loopback, macOS only 127.0.0.1 and ::1. */
export const ATTACKER: Peer =
  platform === 'linux' ? { host: '127.0.0.1', localAddress: '127.0.0.2' } : { host: '::1', localAddress: '::1' };

/** The address on which a port listens so that both peers reach it. */
export const LISTENS_ON = platform === 'linux' ? '127.0.0.1' : '::';
