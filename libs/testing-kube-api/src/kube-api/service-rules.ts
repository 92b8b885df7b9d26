import { type ApiObject } from './api-object';
import { cause, type StatusCause } from './api-error';
import { asList, asObject, asText, type JsonObject } from './json';

/** Sets the defaults of kube-apiserver for a Service. The cluster IP is assigned on creation; see {@link allocateClusterIp}. */
export function applyServiceDefaults(object: ApiObject): void {
  const spec = asObject(object['spec']);
  object['spec'] = spec;
  spec['type'] ??= 'ClusterIP';
  spec['sessionAffinity'] ??= 'None';
  if (spec['type'] !== 'ExternalName') {
    spec['internalTrafficPolicy'] ??= 'Cluster';
  }
  for (const port of asList(spec['ports']).map(asObject)) {
    port['protocol'] ??= 'TCP';
    port['targetPort'] ??= port['port'];
  }
  object['status'] ??= { loadBalancer: {} };
}

/** Assigns a cluster IP to a Service whose type has one, including a Service that was of type ExternalName before. */
export function allocateClusterIp(object: ApiObject, used: readonly ApiObject[]): void {
  const spec = asObject(object['spec']);
  if (spec['type'] === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      delete spec[field];
    }
    return;
  }
  const taken = new Set(used.map((service) => asObject(service['spec'])['clusterIP']));
  if (!spec['clusterIP']) {
    spec['clusterIP'] = freeAddress(taken);
  }
  spec['clusterIPs'] ??= [spec['clusterIP']];
  spec['ipFamilies'] ??= ['IPv4'];
  spec['ipFamilyPolicy'] ??= 'SingleStack';
}

/** Keeps the cluster IP of a Service if the update does not contain one. */
export function keepClusterIp(object: ApiObject, old: ApiObject): void {
  const [spec, before] = [asObject(object['spec']), asObject(old['spec'])];
  if (spec['type'] === 'ExternalName' || before['type'] === 'ExternalName') {
    return;
  }
  spec['clusterIP'] ||= before['clusterIP'];
  if (spec['clusterIP'] === before['clusterIP']) {
    spec['clusterIPs'] ??= before['clusterIPs'];
  }
}

/** Returns a free address in 10.96.0.0/16, the range of kubeadm. 10.96.0.1 is the address of the API. */
function freeAddress(taken: ReadonlySet<unknown>): string {
  for (let number = 2; number < 65_535; number += 1) {
    const address = `10.96.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) {
      return address;
    }
  }
  throw new Error('no cluster IP is free in 10.96.0.0/16');
}

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PORT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$/;

export function validateService(object: ApiObject, old?: ApiObject): StatusCause[] {
  const spec = asObject(object['spec']);
  const type = asText(spec['type']);
  if (!TYPES.includes(type)) {
    return [cause.unsupported('spec.type', type, TYPES)];
  }
  const causes = [...validateExternalName(spec), ...validatePorts(spec)];
  const before = asObject(old?.['spec']);
  const isMoved =
    before['clusterIP'] && before['type'] !== 'ExternalName' && type !== 'ExternalName' && before['clusterIP'] !== spec['clusterIP'];
  if (isMoved) {
    causes.push(cause.invalid('spec.clusterIPs[0]', spec['clusterIPs'] ?? [spec['clusterIP']], 'may not change once set'));
  }
  return causes;
}

function validateExternalName(spec: JsonObject): StatusCause[] {
  if (spec['type'] !== 'ExternalName') {
    return [];
  }
  const name = asText(spec['externalName']);
  if (name === '') {
    return [cause.required('spec.externalName')];
  }
  if (!DNS_NAME.test(name)) {
    return [cause.invalid('spec.externalName', name, 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters')];
  }
  return [];
}

function validatePorts(spec: JsonObject): StatusCause[] {
  const ports = asList(spec['ports']).map(asObject);
  const isAddressed = spec['type'] !== 'ExternalName' && spec['clusterIP'] !== 'None';
  if (ports.length === 0) {
    return isAddressed ? [cause.required('spec.ports')] : [];
  }
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const causes = validatePort(port, `spec.ports[${index}]`, ports.length > 1);
    const name = asText(port['name']);
    if (name !== '' && seen.has(name)) {
      causes.push(cause.duplicate(`spec.ports[${index}].name`, name));
    }
    seen.add(name);
    return causes;
  });
}

function validatePort(port: JsonObject, path: string, needsName: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  const name = asText(port['name']);
  const number = Number(port['port']);
  if (name === '' && needsName) {
    causes.push(cause.required(`${path}.name`));
  }
  if (name !== '' && !PORT_NAME.test(name)) {
    causes.push(cause.invalid(`${path}.name`, name, 'a lowercase RFC 1123 label must consist of lower case alphanumeric characters'));
  }
  if (!(number >= 1 && number <= 65_535)) {
    causes.push(cause.invalid(`${path}.port`, port['port'] ?? 0, 'must be between 1 and 65535, inclusive'));
  }
  if (!['TCP', 'UDP', 'SCTP'].includes(asText(port['protocol']))) {
    causes.push(cause.unsupported(`${path}.protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP']));
  }
  return causes;
}
