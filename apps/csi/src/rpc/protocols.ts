import { type ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { common, parse, Root } from 'protobufjs';
import csiProto from '../../proto/csi.proto';
import registrationProto from '../../proto/pluginregistration.proto';

/** What csi.proto imports; protobufjs has them. */
const IMPORTS = ['descriptor', 'timestamp', 'wrappers'].map((name) => common.get(`google/protobuf/${name}.proto`)?.nested ?? {});

/** Messages as plain objects with the names of their fields as the text has them; what was not sent has its default. */
const REPRESENTATION = { longs: String, enums: String, defaults: true, oneofs: true };

/** From the text, because a program is one file: there is no directory that proto-loader could read. */
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

/** CSI specification 1.12, services of a plugin that runs on the node. */
export const IdentityProtocol = csi['csi.v1.Identity'] as ServiceDefinition;
export const NodeProtocol = csi['csi.v1.Node'] as ServiceDefinition;

/** By which the kubelet gets to know plugins. */
export const RegistrationProtocol = registration['pluginregistration.Registration'] as ServiceDefinition;
