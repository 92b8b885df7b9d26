import { type ServerResponse } from 'node:http';
import { ApiError } from './api-error';
import { type JsonObject } from './json';
import { type WatchStream } from './watch-stream';

/** The response to a request. */
export type ApiAnswer =
  | { readonly status: number; readonly body: JsonObject; readonly warnings?: readonly string[] }
  | { readonly status: number; readonly text: string }
  | { readonly status: number; readonly content: Buffer; readonly contentType: string }
  | { readonly watch: WatchStream };

/** Response of kube-apiserver for a path that it does not serve. */
export const PAGE_NOT_FOUND: ApiAnswer = { status: 404, text: '404 page not found\n' };

export function answerOf(error: unknown): ApiAnswer {
  if (error instanceof ApiError) {
    return { status: error.code, body: error.toStatus() };
  }
  const message = `Internal error occurred: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  return { status: 500, body: new ApiError(message, { code: 500, reason: 'InternalError' }).toStatus() };
}

type CompleteAnswer = Exclude<ApiAnswer, { watch: WatchStream }>;

function representationOf(answer: CompleteAnswer): { content: Buffer; contentType: string } {
  if ('content' in answer) {
    return answer;
  }
  if ('text' in answer) {
    return { content: Buffer.from(answer.text), contentType: 'text/plain; charset=utf-8' };
  }
  return { content: Buffer.from(`${JSON.stringify(answer.body)}\n`), contentType: 'application/json' };
}

/** Sends any response except a watch. */
export function sendAnswer(response: ServerResponse, answer: CompleteAnswer, headers: Record<string, string> = {}): void {
  if (response.destroyed || response.writableEnded) {
    return;
  }
  const { content, contentType } = representationOf(answer);
  const warnings = 'body' in answer ? (answer.warnings ?? []).map((warning) => `299 - ${JSON.stringify(warning)}`) : [];
  if (warnings.length > 0) {
    response.setHeader('warning', warnings);
  }
  response.writeHead(answer.status, {
    'content-type': contentType,
    'content-length': String(content.length),
    'cache-control': 'no-cache, private',
    ...headers,
  });
  response.end(content);
}
