import { Text } from './fields';

/** The longest URL in a status or destination, in characters. Browsers and proxies have about this limit. */
const URL_MAX = 2048;

/** The longest bundle of PEM certificates, in characters. */
const CA_CERTS_MAX = 262_144;

/** An address (Knative `Addressable`). */
export class Addressable {
  @Text({ description: 'Name of the address.', maxLength: 253, optional: true })
  name?: string;

  @Text({ description: 'URL of the address.', maxLength: URL_MAX, optional: true })
  url?: string;

  @Text({ description: 'Certificates to trust for the address, in PEM form.', maxLength: CA_CERTS_MAX, optional: true })
  CACerts?: string;

  @Text({ description: 'Audience that a ServiceAccount token needs for the address.', maxLength: 253, optional: true })
  audience?: string;
}
