import { type IncomingMessage } from 'node:http';
import { ReceivedResponse } from './received-response';
import { type ResponseHeaders } from './response-headers';
import { upstreamError } from './upstream-error';
import { type UpstreamRequest } from './upstream-transport';

export interface MessageUse {
  /** See `UpstreamResponse.early`. */
  readonly early: boolean;
  /** Called once, when the body is complete or has failed. */
  readonly over: () => void;
}

/** Returns a response that `node:http` reads, with its body. Cancelling the transfer aborts it. */
export function receivedMessage(
  message: IncomingMessage,
  { origin, transfer }: UpstreamRequest,
  { early, over }: MessageUse = { early: false, over: () => undefined },
): ReceivedResponse {
  const cancel = (reason: Error): void => void message.destroy(reason);
  transfer.onCancel(cancel);
  const controller = {
    pause: () => void message.pause(),
    resume: () => void message.resume(),
    abort: cancel,
  };
  const { statusCode: status = 0 } = message;
  const response = new ReceivedResponse({ controller, status, headers: linesOf(message), early, transfer });
  message.on('data', (chunk: Buffer) => response.push(chunk));
  message.once('end', () => {
    transfer.offCancel(cancel);
    over();
    response.end();
  });
  message.once('error', (error) => {
    transfer.offCancel(cancel);
    over();
    response.fail(upstreamError(error, { origin, transfer }));
  });
  return response;
}

/** Returns the headers in the format of undici, with a list of values for several lines. */
function linesOf({ headersDistinct }: IncomingMessage): ResponseHeaders {
  const headers: Record<string, string | string[]> = {};
  for (const name in headersDistinct) {
    const [value = '', ...more] = headersDistinct[name] ?? [];
    headers[name] = more.length === 0 ? value : [value, ...more];
  }
  return headers;
}
