import { Addressable } from './addressable';
import { Condition } from './condition';
import { Whole } from './fields';
import { NestedList } from './list-fields';
import { Nested, StringMap } from './object-fields';

/** The address of the proxy of a class. */
export class ClassProxyStatus {
  @Nested(() => Addressable, { description: 'The address for http.', optional: true })
  httpAddress?: Addressable;
}

/** The address of the API of a class. */
export class ClassApiStatus {
  @Nested(() => Addressable, { description: 'The address of the API.', optional: true })
  address?: Addressable;
}

/** The status of a ConnectorClass, which the controller writes. */
export class ConnectorClassStatus {
  @Whole({ description: 'The metadata.generation of the object for which the controller wrote this status.', optional: true })
  observedGeneration?: number;

  @NestedList(() => Condition, {
    description: 'The conditions of the object.',
    maxItems: 32,
    listType: 'map',
    key: 'type',
    optional: true,
  })
  conditions?: Condition[];

  @StringMap({ description: 'Further information, for user interfaces.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @Nested(() => ClassProxyStatus, { description: 'The address of the proxy.', optional: true })
  proxy?: ClassProxyStatus;

  @Nested(() => ClassApiStatus, { description: 'The address of the API, if the class has one.', optional: true })
  api?: ClassApiStatus;
}
