import { type ServerResponse } from 'node:http';
import { ApiError } from './api-error';
import { type JsonObject } from './json';
import { type WatchStream } from './watch-stream';

/** What a request is answered with. */
export type ApiAnswer =
  | { readonly status: number; readonly body: JsonObject; readonly warnings?: readonly string[] }
  | { readonly status: number; readonly text: string }
  | { readonly watch: WatchStream };

/** What kube-apiserver says to a path that it does not serve. */
export const PAGE_NOT_FOUND: ApiAnswer = { status: 404, text: '404 page not found\n' };

export function answerOf(error: unknown): ApiAnswer {
  if (error instanceof ApiError) return { status: error.code, body: error.toStatus() };
  const message = `Internal error occurred: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  return { status: 500, body: new ApiError(message, { code: 500, reason: 'InternalError' }).toStatus() };
}

/** Sends any answer but a watch. */
export function sendAnswer(response: ServerResponse, answer: Exclude<ApiAnswer, { watch: WatchStream }>, headers: Record<string, string> = {}): void {
  if (response.destroyed || response.writableEnded) return;
  const isText = 'text' in answer;
  const content = Buffer.from(isText ? answer.text : `${JSON.stringify(answer.body)}\n`);
  const warnings = isText ? [] : (answer.warnings ?? []).map((warning) => `299 - ${JSON.stringify(warning)}`);
  if (warnings.length > 0) response.setHeader('warning', warnings);
  response.writeHead(answer.status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': String(content.length),
    'cache-control': 'no-cache, private',
    ...headers,
  });
  response.end(content);
}
