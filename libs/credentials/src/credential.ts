import { type RegistryCredential } from '@oci-connector/oci-auth';
import { type Sensitive } from '@oci-connector/sensitive';

/** The credential for the registry in a Connector's Secret. */
export class Credential implements RegistryCredential {
  readonly username: string;
  readonly password: Sensitive;
  readonly identityToken?: Sensitive;
  /**
   * Changes only with the content of the credential: a new label on the Secret does not make a refused password valid. It is part of every
   * cache key for something that was obtained with the credential (rule C3). Valid within this process only.
   */
  readonly revision: string;

  constructor(fields: { username: string; password: Sensitive; identityToken?: Sensitive; revision: string }) {
    this.username = fields.username;
    this.password = fields.password;
    this.identityToken = fields.identityToken;
    this.revision = fields.revision;
  }
}
