import { Writer } from 'protobufjs';
import { type ApiAnswer } from './api-answer';

/**
 * Media type of gnostic's openapi.v2.Document, as kube-apiserver sends it. kubectl requests it with an @, which is not a valid
 * media type.
 */
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const ASKED_AS = [PROTOBUF, 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'];

const TITLE = 'Kubernetes';
const VERSION = 'v1.37.2';

/**
 * Answers `/openapi/v2` with a document without schemas. kubectl validates the items of a `kind: List` against it, but skips items without
 * a schema. The server validates every object that it receives.
 */
export function answerOpenApiV2(accept: string | undefined): ApiAnswer {
  if (ASKED_AS.some((type) => accept?.includes(type))) {
    return { status: 200, content: document(), contentType: PROTOBUF };
  }
  return { status: 200, body: { swagger: '2.0', info: { title: TITLE, version: VERSION }, paths: {}, definitions: {} } };
}

/** Encodes openapi.v2.Document (OpenAPIv2.proto of gnostic): field 1 is swagger, 2 info (1 title, 2 version), 8 paths. */
function document(): Buffer {
  const lengthDelimited = (field: number): number => (field << 3) | 2;
  const writer = Writer.create().uint32(lengthDelimited(1)).string('2.0');
  writer.uint32(lengthDelimited(2)).fork().uint32(lengthDelimited(1)).string(TITLE).uint32(lengthDelimited(2)).string(VERSION).ldelim();
  writer.uint32(lengthDelimited(8)).fork().ldelim();
  return Buffer.from(writer.finish());
}
