import { Text } from './fields';

/** The usual limit of names in the Kubernetes API, in characters. */
const NAME_MAX = 253;

/** A reference to another object (Kubernetes `core/v1 ObjectReference`). Only `name` is needed. */
export class ObjectReference {
  @Text({ description: 'API version of the referent.', maxLength: NAME_MAX, optional: true })
  apiVersion?: string;

  @Text({ description: 'Kind of the referent.', maxLength: NAME_MAX, optional: true })
  kind?: string;

  @Text({ description: 'Name of the referent.', minLength: 1, maxLength: NAME_MAX })
  name!: string;

  @Text({
    description: "Namespace of the referent. If given, it must be the Connector's own namespace.",
    maxLength: NAME_MAX,
    optional: true,
  })
  namespace?: string;

  @Text({ description: 'UID of the referent; not used.', maxLength: NAME_MAX, optional: true })
  uid?: string;

  @Text({ description: 'Resource version of the referent; not used.', maxLength: NAME_MAX, optional: true })
  resourceVersion?: string;

  @Text({ description: 'Path of a field of the referent; not used.', maxLength: 1024, optional: true })
  fieldPath?: string;
}

/** A reference to an object of the same namespace, by name. */
export class LocalReference {
  @Text({ description: 'Name of the Secret, in the namespace of the Connector.', minLength: 1, maxLength: NAME_MAX })
  name!: string;
}
