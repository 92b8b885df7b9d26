import { REGO_MAX } from './auth-type';
import { type DestinationReference } from './destination';
import { type JsonSchema } from './json-schema';

const STRING = { type: 'string', maxLength: 2048 } as const;

/** The documented fields of `spec.api`. Other fields are stored unchanged. */
export const CLASS_API_PROPERTIES: Record<string, JsonSchema> = {
  ref: {
    type: 'object',
    description: 'The Service of the API.',
    required: ['kind', 'name'],
    properties: { kind: STRING, name: STRING, namespace: STRING, apiVersion: STRING, group: STRING, address: STRING },
  },
  uri: { ...STRING, description: 'URL of the API. If ref is also given, it is relative to the URL of ref.' },
  CACerts: { type: 'string', maxLength: 262_144, description: 'Certificates of the API, in PEM form.' },
  audience: { ...STRING, description: 'Audience of the tokens for the API.' },
  openapi: { 'x-kubernetes-preserve-unknown-fields': true, description: 'OpenAPI document of the API.' },
  permissions: {
    type: 'object',
    description: 'Rego that determines the verb of a request.',
    properties: { rego: { type: 'string', maxLength: REGO_MAX, description: 'Module of package permissions.' } },
    'x-kubernetes-preserve-unknown-fields': true,
  },
};

/** The API of a tool. Stored, but never called. */
export interface ConnectorClassApi {
  ref?: DestinationReference;
  uri?: string;
  CACerts?: string;
  audience?: string;
  openapi?: unknown;
  permissions?: { rego?: string };
}
