import { type IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { ApiError, badRequest, unsupportedMediaType } from './api-error';
import { isJsonObject, type JsonObject } from './json';
import { decodeProtobufObject, ProtobufUnreadable } from './protobuf-object';

/** The limit of kube-apiserver for a request. */
const MAX_BYTES = 3 * 1024 * 1024;

/** The body as received, with its media type in lower case. */
export interface RequestBody {
  readonly mediaType: string;
  readonly content: Buffer;
}

/**
 * Reads the body.
 *
 * @throws ApiError 413 when it is too large
 */
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

/**
 * Parses a JSON body.
 *
 * @throws ApiError 400 when it is not JSON
 */
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

/**
 * Parses the object in a body.
 *
 * @throws ApiError 400 when it is not an object, 415 when its type is not supported
 */
export function parseObject(body: RequestBody): JsonObject {
  const value = parseValue(body);
  if (!isJsonObject(value)) {
    throw badRequest('the object provided is unrecognized: it is not an object');
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

/** Parses a body like {@link parseObject}; returns an empty object for an absent body. */
export function parseOptionalObject(body: RequestBody): JsonObject {
  return body.content.length === 0 ? {} : parseObject(body);
}
