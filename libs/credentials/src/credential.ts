import { type RegistryCredential } from '@oci-connector/oci-auth';
import { type Sensitive } from '@oci-connector/sensitive';

/** What a Connector's Secret says about logging in at the registry. */
export class Credential implements RegistryCredential {
  readonly username: string;
  readonly password: Sensitive;
  readonly identityToken?: Sensitive;
  /**
   * Changes with the content, and with nothing else of the Secret: a label that is put on it makes no refused password a good one. Part of
   * every key under which something obtained with the credential is kept (rule C3). Holds for the life of this process.
   */
  readonly revision: string;

  constructor(fields: { username: string; password: Sensitive; identityToken?: Sensitive; revision: string }) {
    this.username = fields.username;
    this.password = fields.password;
    this.identityToken = fields.identityToken;
    this.revision = fields.revision;
  }
}
