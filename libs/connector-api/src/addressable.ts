import { Text } from './fields';

/** Longest URL in a status or destination, in characters; browsers and proxies agree on about this. */
const URL_MAX = 2048;

/** Longest bundle of PEM certificates, in characters. */
const CA_CERTS_MAX = 262_144;

/** Where something is reached (Knative `Addressable`). */
export class Addressable {
  @Text({ description: 'A name for this address.', maxLength: 253, optional: true })
  name?: string;

  @Text({ description: 'The URL.', maxLength: URL_MAX, optional: true })
  url?: string;

  @Text({ description: 'The certificates to trust for it, in PEM form.', maxLength: CA_CERTS_MAX, optional: true })
  CACerts?: string;

  @Text({ description: 'The audience that a ServiceAccount token needs for it.', maxLength: 253, optional: true })
  audience?: string;
}
