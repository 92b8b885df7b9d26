import { type IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { ApiError, badRequest, unsupportedMediaType } from './api-error';
import { isJsonObject, type JsonObject } from './json';
import { decodeProtobufObject, ProtobufUnreadable } from './protobuf-object';

/** kube-apiserver's own limit for a request. */
const MAX_BYTES = 3 * 1024 * 1024;

/** A body as it came, with its media type in lower case. */
export interface RequestBody {
  readonly mediaType: string;
  readonly content: Buffer;
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
  return { mediaType: mediaType.trim().toLowerCase(), content: Buffer.concat(chunks) };
}

/** @throws ApiError 400 */
export function parseJson({ content }: RequestBody): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (error) {
    throw badRequest(`the object provided is unrecognized: couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const YAML = 'application/yaml';
const JSON_TYPE = 'application/json';

/** The object in a body. @throws ApiError 400 or 415 */
export function parseObject(body: RequestBody): JsonObject {
  const value = parseValue(body);
  if (!isJsonObject(value)) {
    throw badRequest('the object provided is unrecognized: it is no object');
  }
  return value;
}

function parseValue(body: RequestBody): unknown {
  switch (body.mediaType) {
    case JSON_TYPE:
      return parseJson(body);
    case YAML:
      return parse(body.content.toString('utf8'));
    case PROTOBUF:
      return parseProtobuf(body.content);
    default:
      throw unsupportedMediaType([JSON_TYPE, YAML, PROTOBUF]);
  }
}

function parseProtobuf(content: Buffer): JsonObject {
  try {
    return decodeProtobufObject(content);
  } catch (error) {
    if (!(error instanceof ProtobufUnreadable)) {
      throw error;
    }
    throw new ApiError(error.message, { code: 415, reason: 'UnsupportedMediaType' });
  }
}

/** As {@link parseObject}; an absent body is an empty object. */
export function parseOptionalObject(body: RequestBody): JsonObject {
  return body.content.length === 0 ? {} : parseObject(body);
}
