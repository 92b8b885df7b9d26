import { type IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { ApiError, badRequest, unsupportedMediaType } from './api-error';
import { isJsonObject, type JsonObject } from './json';

/** kube-apiserver's own limit for a request. */
const MAX_BYTES = 3 * 1024 * 1024;

/** A body as it came, with its media type in lower case. */
export interface RequestBody {
  readonly mediaType: string;
  readonly text: string;
}

/** @throws ApiError 413 */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new ApiError(`Request entity too large: limit is ${MAX_BYTES}`, { code: 413, reason: 'RequestEntityTooLarge' });
    }
    chunks.push(chunk);
  }
  const [mediaType = ''] = (request.headers['content-type'] ?? 'application/json').split(';');
  return { mediaType: mediaType.trim().toLowerCase(), text: Buffer.concat(chunks).toString('utf8') };
}

/** @throws ApiError 400 */
export function parseJson({ text }: RequestBody): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`the object provided is unrecognized: couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

/** The object in a body. @throws ApiError 400 or 415 */
export function parseObject(body: RequestBody): JsonObject {
  if (body.mediaType !== 'application/json' && body.mediaType !== 'application/yaml') {
    throw unsupportedMediaType(['application/json', 'application/yaml']);
  }
  const value: unknown = body.mediaType === 'application/yaml' ? parse(body.text) : parseJson(body);
  if (!isJsonObject(value)) throw badRequest('the object provided is unrecognized: it is no object');
  return value;
}

/** As {@link parseObject}; an absent body is an empty object. */
export function parseOptionalObject(body: RequestBody): JsonObject {
  return body.text.trim() === '' ? {} : parseObject(body);
}
