import { type ConnectorKey, connectorPath } from '@oci-connector/connector-api';
import { type ClientPaths } from '../src/naming/naming';
import { ReverseNaming } from '../src/naming/reverse-naming';

/** The form in which a client of the reverse proxy names a Connector. */
export type AddressForm = 'path' | 'host' | 'plain';

/** Returns a Connector's paths, as the reverse proxy reads them from a request of this form. */
export function clientPaths(form: AddressForm, key: ConnectorKey): ClientPaths {
  const request = {
    path: { url: `/v2${connectorPath(key)}/r`, headers: {} },
    plain: { url: connectorPath(key), headers: {} },
    host: { url: '/', headers: { host: `c-${key.name}.${key.namespace}` } },
  }[form];
  const { connector } = new ReverseNaming('cluster.local').name(request);
  if (!connector) {
    throw new Error(`${form} names no Connector`);
  }
  return connector.paths;
}
