import { type MethodDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { common, type IConversionOptions, type INamespace, type Method, Root, type Type } from 'protobufjs';
import csiProto from '../../proto/csi.proto';
import registrationProto from '../../proto/pluginregistration.proto';

/** Messages are plain objects with field names as in the .proto file; a field that was not sent has its default. */
const REPRESENTATION: IConversionOptions = { longs: String, enums: String, defaults: true, oneofs: true };

/** Files that csi.proto imports; protobufjs contains them. */
const IMPORTS = ['timestamp', 'wrappers'].map((name) => common.get(`google/protobuf/${name}.proto`)?.nested ?? {});

/**
 * Loads a definition in JSON. Not by `@grpc/proto-loader`, which also makes descriptors of all messages: only reflection needs them, and they
 * take a fifth of the processor time of the start.
 */
function load(json: string): Root {
  const root = new Root();
  for (const names of [...IMPORTS, (JSON.parse(json) as INamespace).nested ?? {}]) {
    root.addJSON(names);
  }
  return root;
}

/** Returns a service in the form of grpc-js. All methods have one request and one response. */
function serviceOf(root: Root, name: string): ServiceDefinition {
  return Object.fromEntries(root.lookupService(name).methodsArray.map((method) => [method.name, methodOf(method, name)]));
}

function methodOf(method: Method, service: string): MethodDefinition<object, object> {
  method.resolve();
  const request = codecOf(method.resolvedRequestType);
  const response = codecOf(method.resolvedResponseType);
  return {
    path: `/${service}/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}

interface Codec {
  readonly serialize: (message: object) => Buffer;
  readonly deserialize: (bytes: Buffer) => object;
}

function codecOf(type: Type | null): Codec {
  if (type === null) {
    throw new TypeError('the type of a message is not resolved');
  }
  return {
    // In Node.js, protobufjs writes Buffers.
    serialize: (message) => Buffer.from(type.encode(type.fromObject(message)).finish()),
    deserialize: (bytes) => type.toObject(type.decode(bytes), REPRESENTATION),
  };
}

const csi = load(csiProto);
const registration = load(registrationProto);

/** Services of a node plugin (CSI specification 1.12). */
export const IdentityProtocol = serviceOf(csi, 'csi.v1.Identity');
export const NodeProtocol = serviceOf(csi, 'csi.v1.Node');

/** The service by which the kubelet discovers plugins. */
export const RegistrationProtocol = serviceOf(registration, 'pluginregistration.Registration');
