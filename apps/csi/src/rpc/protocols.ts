import { type ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { common, parse, Root } from 'protobufjs';
import csiProto from '../../proto/csi.proto';
import registrationProto from '../../proto/pluginregistration.proto';

/** Files that csi.proto imports; protobufjs contains them. */
const IMPORTS = ['descriptor', 'timestamp', 'wrappers'].map((name) => common.get(`google/protobuf/${name}.proto`)?.nested ?? {});

/** Messages are plain objects with field names as in the .proto file; a field that was not sent has its default. */
const REPRESENTATION = { longs: String, enums: String, defaults: true, oneofs: true };

/** Loads a .proto text. The program is bundled into one file, so there is no directory that proto-loader could read. */
function load(text: string): PackageDefinition {
  const root = new Root();
  for (const imported of IMPORTS) {
    root.addJSON(imported);
  }
  parse(text, root, { keepCase: true });
  return fromJSON(root.toJSON(), REPRESENTATION);
}

const csi = load(csiProto);
const registration = load(registrationProto);

/** Services of a node plugin (CSI specification 1.12). */
export const IdentityProtocol = csi['csi.v1.Identity'] as ServiceDefinition;
export const NodeProtocol = csi['csi.v1.Node'] as ServiceDefinition;

/** The service by which the kubelet discovers plugins. */
export const RegistrationProtocol = registration['pluginregistration.Registration'] as ServiceDefinition;
