import { Addressable } from './addressable';
import { Condition } from './condition';
import { Whole } from './fields';
import { NestedList } from './list-fields';
import { Nested, StringMap } from './object-fields';

/** Where the proxy of a class is. */
export class ClassProxyStatus {
  @Nested(() => Addressable, { description: 'Through http.', optional: true })
  httpAddress?: Addressable;
}

/** Where the API of a class is. */
export class ClassApiStatus {
  @Nested(() => Addressable, { description: 'Its address.', optional: true })
  address?: Addressable;
}

/** What the controller found. */
export class ConnectorClassStatus {
  @Whole({ description: 'The metadata.generation that this status was found for.', optional: true })
  observedGeneration?: number;

  @NestedList(() => Condition, {
    description: 'The aspects of its state.',
    maxItems: 32,
    listType: 'map',
    key: 'type',
    optional: true,
  })
  conditions?: Condition[];

  @StringMap({ description: 'Further information.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @Nested(() => ClassProxyStatus, { description: 'Where the proxy is.', optional: true })
  proxy?: ClassProxyStatus;

  @Nested(() => ClassApiStatus, { description: 'Where the API is.', optional: true })
  api?: ClassApiStatus;
}
