import { type ApiObject } from './api-object';
import { badRequest, cause, type StatusCause } from './api-error';
import { asList, asObject, asText, isEqualJson, isJsonObject, type JsonObject } from './json';
import { validateDefinition } from './custom-resources';
import { applyServiceDefaults, validateService } from './service-rules';

/**
 * Sets, in place, the defaults of kube-apiserver for built-in types.
 *
 * @throws ApiError 400 when data is not base64
 */
export function applyBuiltInDefaults(object: ApiObject): void {
  switch (object.kind) {
    case 'Secret':
      return applySecretDefaults(object);
    case 'Service':
      return applyServiceDefaults(object);
    case 'Namespace':
      object['spec'] ??= { finalizers: ['kubernetes'] };
      object['status'] ??= { phase: 'Active' };
      object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
      return;
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return applyBindingDefaults(object);
    default:
  }
}

/** Validates an object of a built-in type. `old` is the stored object; it is absent on creation. */
export function validateBuiltIn(object: ApiObject, old?: ApiObject): StatusCause[] {
  switch (object.kind) {
    case 'Secret':
      return validateSecret(object, old);
    case 'ConfigMap':
      return [...validateDataKeys(object, 'data'), ...validateImmutable(object, old)];
    case 'Service':
      return validateService(object, old);
    case 'Lease':
      return validateLease(object);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return validateBinding(object, old);
    case 'CustomResourceDefinition':
      return validateDefinition(object);
    case 'Event':
      return validateEvent(object);
    default:
      return [];
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Sets the defaults of a Secret. `stringData` is write-only: its values replace those in `data`, and it is never stored. */
function applySecretDefaults(object: ApiObject): void {
  object['type'] ??= 'Opaque';
  for (const [key, value] of Object.entries(asObject(object['data']))) {
    if (!BASE64.test(asText(value))) {
      throw badRequest(`Secret in version "v1" cannot be handled as a Secret: illegal base64 data in data[${key}]`);
    }
  }
  if (!isJsonObject(object['stringData'])) {
    return;
  }
  const plain = Object.entries(object['stringData']).map(([key, value]) => [key, Buffer.from(asText(value)).toString('base64')]);
  object['data'] = { ...asObject(object['data']), ...Object.fromEntries(plain) };
  delete object['stringData'];
}

/** Checks of the data, by type of Secret. */
const SECRET_KEYS: Readonly<Record<string, (data: JsonObject) => StatusCause[]>> = {
  'kubernetes.io/basic-auth': (data) => {
    if (data['username'] !== undefined || data['password'] !== undefined) {
      return [];
    }
    return [cause.required('data[username]'), cause.required('data[password]')];
  },
  'kubernetes.io/dockerconfigjson': (data) => dockerConfig(data, '.dockerconfigjson'),
  'kubernetes.io/dockercfg': (data) => dockerConfig(data, '.dockercfg'),
  'kubernetes.io/tls': (data) =>
    ['tls.crt', 'tls.key'].filter((key) => data[key] === undefined).map((key) => cause.required(`data[${key}]`)),
};

function dockerConfig(data: JsonObject, key: string): StatusCause[] {
  if (data[key] === undefined) {
    return [cause.required(`data[${key}]`)];
  }
  try {
    JSON.parse(Buffer.from(asText(data[key]), 'base64').toString('utf8'));
    return [];
  } catch {
    return [cause.invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character')];
  }
}

function validateSecret(object: ApiObject, old?: ApiObject): StatusCause[] {
  const type = asText(object['type']);
  const causes = [...validateDataKeys(object, 'data'), ...(SECRET_KEYS[type]?.(asObject(object['data'])) ?? [])];
  if (old && old['type'] !== object['type']) {
    causes.push(cause.invalid('type', type, 'field is immutable'));
  }
  return [...causes, ...validateImmutable(object, old)];
}

const DATA_KEY = /^[-._a-zA-Z0-9]+$/;

function validateDataKeys(object: ApiObject, field: string): StatusCause[] {
  const wrong = Object.keys(asObject(object[field])).filter((key) => !DATA_KEY.test(key) || key === '.' || key === '..');
  return wrong.map((key) =>
    cause.invalid(
      `${field}[${key}]`,
      key,
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ),
  );
}

function validateImmutable(object: ApiObject, old?: ApiObject): StatusCause[] {
  if (old?.['immutable'] !== true) {
    return [];
  }
  const detail = 'field is immutable when `immutable` is set';
  if (object['immutable'] !== true) {
    return [cause.forbidden('immutable', detail)];
  }
  return isEqualJson(object['data'], old['data']) ? [] : [cause.forbidden('data', detail)];
}

function validateLease(object: ApiObject): StatusCause[] {
  const { leaseDurationSeconds, leaseTransitions, holderIdentity } = asObject(object['spec']);
  const causes: StatusCause[] = [];
  if (typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0) {
    causes.push(cause.invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  }
  if (typeof leaseTransitions === 'number' && leaseTransitions < 0) {
    causes.push(cause.invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
  }
  if (holderIdentity === '') {
    causes.push(cause.invalid('spec.holderIdentity', '', 'must not be empty'));
  }
  return causes;
}

const RBAC_GROUP = 'rbac.authorization.k8s.io';

function applyBindingDefaults(object: ApiObject): void {
  const role = asObject(object['roleRef']);
  role['apiGroup'] ??= RBAC_GROUP;
  for (const subject of asList(object['subjects']).map(asObject)) {
    if (subject['kind'] !== 'ServiceAccount') {
      subject['apiGroup'] ??= RBAC_GROUP;
    }
  }
}

function validateBinding(object: ApiObject, old?: ApiObject): StatusCause[] {
  const role = asObject(object['roleRef']);
  const causes: StatusCause[] = [];
  const kinds = object.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(asText(role['kind']))) {
    causes.push(cause.unsupported('roleRef.kind', role['kind'] ?? '', kinds));
  }
  if (!role['name']) {
    causes.push(cause.required('roleRef.name'));
  }
  asList(object['subjects'])
    .map(asObject)
    .forEach((subject, index) => {
      if (!subject['name']) {
        causes.push(cause.required(`subjects[${index}].name`));
      }
      if (subject['kind'] === 'ServiceAccount' && !subject['namespace']) {
        causes.push(cause.required(`subjects[${index}].namespace`));
      }
    });
  if (old && !isEqualJson(old['roleRef'], role)) {
    causes.push(cause.invalid('roleRef', role, 'cannot change roleRef'));
  }
  return causes;
}

function validateEvent(object: ApiObject): StatusCause[] {
  const involved = asText(asObject(object['involvedObject'])['namespace']);
  const { namespace } = object.metadata;
  const isRight = involved === '' ? namespace === 'default' : involved === namespace;
  return isRight ? [] : [cause.invalid('involvedObject.namespace', involved, 'does not match event.namespace')];
}
