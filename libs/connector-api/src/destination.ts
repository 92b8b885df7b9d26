import { Rules } from './field-registry';
import { Text } from './fields';
import { Nested, OpaqueObject } from './object-fields';
import { REGO_MAX } from './auth-type';
import { rule } from './rule';

const NAME_MAX = 253;

/** A reference to an addressable object (Knative `KReference`). */
export class DestinationReference {
  @Text({ description: 'Kind of the referent, such as Service.', minLength: 1, maxLength: NAME_MAX })
  kind!: string;

  @Text({ description: 'Name of the referent.', minLength: 1, maxLength: NAME_MAX })
  name!: string;

  @Text({ description: 'Namespace of the referent.', maxLength: NAME_MAX, optional: true })
  namespace?: string;

  @Text({ description: 'API version of the referent.', maxLength: NAME_MAX, optional: true })
  apiVersion?: string;

  @Text({ description: 'API group of the referent, instead of apiVersion.', maxLength: NAME_MAX, optional: true })
  group?: string;

  @Text({ description: 'Name of the address to use, if the referent has several.', maxLength: NAME_MAX, optional: true })
  address?: string;
}

/** The proxy of a class (Knative `Destination`, and how the client is recognised). */
@Rules<ProxyDestination>([
  rule({
    cel: 'has(self.ref) || has(self.uri)',
    message: "must have ref or uri; for this installation's proxy give ref {kind: Service, name, namespace}",
    holds: (proxy) => proxy.ref !== undefined || proxy.uri !== undefined,
  }),
])
export class ProxyDestination {
  @Nested(() => DestinationReference, { description: 'The Service of the proxy.', optional: true })
  ref?: DestinationReference;

  @Text({ description: 'URL of the proxy. If ref is also given, it is relative to the URL of ref.', maxLength: 2048, optional: true })
  uri?: string;

  @Text({ description: 'Certificates of the proxy, in PEM form.', maxLength: 262_144, optional: true })
  CACerts?: string;

  @Text({ description: 'Audience of the tokens for the proxy.', maxLength: NAME_MAX, optional: true })
  audience?: string;

  @OpaqueObject({
    description: 'Rego that finds the token in a request. Stored, but not supported: such a class is not Ready.',
    properties: { rego: { type: 'string', maxLength: REGO_MAX, description: 'Module of package proxy.' } },
    optional: true,
  })
  authExtractor?: { rego?: string };
}
