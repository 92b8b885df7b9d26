import { type ApiObject } from './api-object';
import { cause, type StatusCause } from './api-error';
import { asList, asObject, asText, isJsonObject } from './json';
import { type ResourceDefinition } from './resource-definition';
import { type Schema } from './schema';

const text: Schema = { type: 'string' };
const textMap: Schema = { type: 'object', additionalProperties: text };

/** Schema of `ObjectMeta`, to find unknown fields. */
export const METADATA_SCHEMA: Schema = {
  type: 'object',
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: { type: 'integer' },
    creationTimestamp: { type: 'string', nullable: true },
    deletionTimestamp: { type: 'string', nullable: true },
    deletionGracePeriodSeconds: { type: 'integer' },
    labels: textMap,
    annotations: textMap,
    finalizers: { type: 'array', items: text },
    managedFields: { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } },
    ownerReferences: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
  },
};

interface NameRule {
  readonly pattern: RegExp;
  readonly limit: number;
  readonly message: string;
}

const SUBDOMAIN: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  limit: 253,
  message:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
};

const LABEL: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  limit: 63,
  message:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
};

const SERVICE_LABEL: NameRule = {
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  limit: 63,
  message:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
};

const PATH_SEGMENT: NameRule = { pattern: /^(?!\.{1,2}$)[^/%]+$/, limit: 253, message: "may not contain '/'" };

const NAME_RULES: Readonly<Record<string, NameRule>> = {
  Namespace: LABEL,
  Service: SERVICE_LABEL,
  Role: PATH_SEGMENT,
  ClusterRole: PATH_SEGMENT,
  RoleBinding: PATH_SEGMENT,
  ClusterRoleBinding: PATH_SEGMENT,
};

/** Checks name, labels, annotations, finalizers and owner references. */
export function validateMetadata(object: ApiObject, definition: ResourceDefinition): StatusCause[] {
  const { metadata } = object;
  return [
    ...validateName(metadata.name, NAME_RULES[definition.kind] ?? SUBDOMAIN),
    ...validateLabels(metadata.labels),
    ...validateAnnotations(metadata.annotations),
    ...validateOwners(metadata.ownerReferences),
  ];
}

function validateName(name: string, { pattern, limit, message }: NameRule): StatusCause[] {
  const causes: StatusCause[] = [];
  if (name.length > limit) {
    causes.push(cause.invalid('metadata.name', name, `must be no more than ${limit} bytes`));
  }
  if (!pattern.test(name)) {
    causes.push(cause.invalid('metadata.name', name, message));
  }
  return causes;
}

const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const LABEL_KEY_MESSAGE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

function validateLabels(labels: unknown): StatusCause[] {
  return Object.entries(isJsonObject(labels) ? labels : {}).flatMap(([key, value]) => {
    if (!LABEL_KEY.test(key)) {
      return [cause.invalid('metadata.labels', key, LABEL_KEY_MESSAGE)];
    }
    const label = asText(value);
    if (label.length > 63) {
      return [cause.invalid('metadata.labels', label, 'must be no more than 63 bytes')];
    }
    return LABEL_VALUE.test(label) ? [] : [cause.invalid('metadata.labels', label, LABEL_VALUE_MESSAGE)];
  });
}

function validateAnnotations(annotations: unknown): StatusCause[] {
  const wrong = Object.keys(isJsonObject(annotations) ? annotations : {}).filter((key) => !LABEL_KEY.test(key.toLowerCase()));
  return wrong.map((key) => cause.invalid('metadata.annotations', key, LABEL_KEY_MESSAGE));
}

function validateOwners(references: unknown): StatusCause[] {
  const owners = asList(references).map(asObject);
  const empty = owners.flatMap((owner) =>
    ['apiVersion', 'kind', 'name', 'uid']
      .filter((field) => asText(owner[field]) === '')
      .map((field) => cause.invalid(`metadata.ownerReferences.${field}`, '', 'must not be empty')),
  );
  const controllers = owners.filter((owner) => owner['controller'] === true);
  if (controllers.length < 2) {
    return empty;
  }
  const names = controllers.map((owner) => `${asText(owner['kind'])}/${asText(owner['name'])}`).join(' and ');
  return [
    ...empty,
    cause.rule(
      'metadata.ownerReferences',
      'FieldValueInvalid',
      `Only one reference can have Controller set to true. Found "true" in references for ${names}`,
    ),
  ];
}
