import { type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultEffect } from './faults';
import { type Reply } from './reply';

/** Faults that disturb the body of the normal response. */
type BodyFault = Extract<FaultEffect, { kind: 'reset-body' | 'slow-body' | 'hang-after-headers' }>;

export function isBodyFault(effect: FaultEffect | undefined): effect is BodyFault {
  return effect?.kind === 'reset-body' || effect?.kind === 'slow-body' || effect?.kind === 'hang-after-headers';
}

/** Writes the response. Resolves when it was sent or the connection has ended. */
export async function sendReply(response: ServerResponse, reply: Reply, fault?: BodyFault): Promise<void> {
  writeHead(response, reply);
  if (response.req.method === 'HEAD' || reply.body === undefined) {
    if (reply.body instanceof Readable) {
      reply.body.destroy();
    }
    response.end();
    return;
  }
  if (fault) {
    return sendDisturbed(response, reply.body, fault);
  }
  if (reply.body instanceof Readable) {
    return pipeline(reply.body, response);
  }
  response.end(reply.body);
}

function writeHead(response: ServerResponse, reply: Reply): void {
  response.statusCode = reply.status;
  if (Buffer.isBuffer(reply.body)) {
    response.setHeader('content-length', reply.body.length);
  } else if (reply.body === undefined && reply.status !== 204) {
    response.setHeader('content-length', 0);
  }
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    response.setHeader(name, value);
  }
}

async function sendDisturbed(response: ServerResponse, body: Buffer | Readable, fault: BodyFault): Promise<void> {
  const source = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : body;
  if (fault.kind === 'hang-after-headers') {
    source.destroy();
    response.flushHeaders();
    return;
  }
  if (fault.kind === 'slow-body') {
    return pipeline(source, (chunks) => inPieces(chunks, fault), response);
  }
  let left = fault.afterBytes;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    await write(response, chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) {
      break;
    }
  }
  response.socket?.resetAndDestroy();
}

async function* inPieces(
  source: AsyncIterable<Buffer>,
  pace: { readonly chunkBytes: number; readonly milliseconds: number },
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; start += pace.chunkBytes) {
      yield chunk.subarray(start, start + pace.chunkBytes);
      await sleep(pace.milliseconds);
    }
  }
}

/** Resolves when the operating system has the bytes, so that a reset does not overtake them. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => void response.write(bytes, () => resolve()));
}
