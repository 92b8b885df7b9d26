import { asList, asObject, asText, type JsonObject } from './json';
import { PROTOBUF_MESSAGES, type ProtobufField } from './protobuf-messages';

/** The first four bytes of every protobuf body of Kubernetes. */
const MAGIC = Buffer.from('k8s\0');

/** The body is not protobuf, or its message is unknown here. */
export class ProtobufUnreadable extends Error {}

/**
 * Decodes the object in a body of type `application/vnd.kubernetes.protobuf`.
 *
 * @throws ProtobufUnreadable when the body cannot be decoded
 */
export function decodeProtobufObject(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new ProtobufUnreadable('the body does not begin with the protobuf prefix of Kubernetes');
  }
  const envelope = decodeMessage('Unknown', body.subarray(MAGIC.length));
  const { apiVersion, kind } = asObject(envelope['typeMeta']);
  const raw = Buffer.from(asText(envelope['raw']), 'base64');
  return { apiVersion, kind, ...decodeMessage(asText(kind), raw) };
}

/** Advice in errors. Programs can send JSON; kubectl sends protobuf for objects that it creates, and JSON for objects from files. */
const INSTEAD = 'send JSON, or with kubectl write YAML (--dry-run=client -o yaml) and apply that';

function decodeMessage(name: string, bytes: Buffer): JsonObject {
  const message = PROTOBUF_MESSAGES[name];
  if (!message) {
    throw new ProtobufUnreadable(`${name} is not supported as protobuf here: ${INSTEAD}`);
  }
  const object: JsonObject = {};
  for (const { number, value } of wireFields(bytes)) {
    const field = message[number];
    if (!field) {
      throw new ProtobufUnreadable(`field ${number} of ${name} is not supported as protobuf here: ${INSTEAD}`);
    }
    setField(object, field, value);
  }
  return name === 'IntOrString' ? intOrString(object) : object;
}

type WireValue = Buffer | number;

function setField(object: JsonObject, [name, type]: ProtobufField, value: WireValue): void {
  if (type === 'skip') {
    return;
  }
  if (type.startsWith('each:')) {
    object[name] = [...asList(object[name]), unwrap(decodeValue(type.slice('each:'.length), value))];
  } else if (type.startsWith('map:')) {
    const entry = decodeEntry(type.slice('map:'.length), value);
    object[name] = { ...asObject(object[name]), [entry.key]: entry.value };
  } else {
    // Go encodes empty values of plain fields, which JSON omits.
    const decoded = unwrap(decodeValue(type, value));
    if (decoded !== '' && decoded !== 0 && decoded !== false) {
      object[name] = decoded;
    }
  }
}

function decodeValue(type: string, value: WireValue): unknown {
  if (typeof value === 'number') {
    return type === 'flag' ? value !== 0 : value;
  }
  if (type === 'text') {
    return value.toString('utf8');
  }
  return type === 'bytes' ? value.toString('base64') : decodeMessage(type, value);
}

function decodeEntry(type: string, value: WireValue): { key: string; value: unknown } {
  const entry = { key: '', value: type === 'text' || type === 'bytes' ? '' : {} } as { key: string; value: unknown };
  for (const field of wireFields(value as Buffer)) {
    if (field.number === 1) {
      entry.key = String(decodeValue('text', field.value));
    } else {
      entry.value = decodeValue(type, field.value);
    }
  }
  return entry;
}

const IS_TEXT = 1;

/** Returns the value in a wrapper until the field is set, so that 0 and an empty string mean absent, as in other fields. */
function intOrString({ type = 0, intVal = 0, strVal = '' }: JsonObject): JsonObject {
  return { [UNWRAP]: type === IS_TEXT ? strVal : intVal };
}

const UNWRAP = '$value';

function unwrap(value: unknown): unknown {
  const wrapped = asObject(value);
  return Object.hasOwn(wrapped, UNWRAP) ? wrapped[UNWRAP] : value;
}

/** Wire types of the protobuf encoding. */
const VARINT = 0;
const BYTES = 2;

function* wireFields(bytes: Buffer): Generator<{ number: number; value: WireValue }> {
  let offset = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset];
      if (byte === undefined) {
        throw new ProtobufUnreadable('the body ends in the middle of a number');
      }
      offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        break;
      }
    }
    return Number(BigInt.asIntN(64, value));
  };
  while (offset < bytes.length) {
    const tag = varint();
    const wireType = tag & 7;
    if (wireType !== VARINT && wireType !== BYTES) {
      throw new ProtobufUnreadable(`wire type ${wireType} is not supported here`);
    }
    const first = varint();
    const value = wireType === VARINT ? first : bytes.subarray(offset, (offset += first));
    if (offset > bytes.length) {
      throw new ProtobufUnreadable('the body ends in the middle of a field');
    }
    yield { number: tag >>> 3, value };
  }
}
