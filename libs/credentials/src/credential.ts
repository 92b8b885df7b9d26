import { type RegistryCredential } from '@oci-connector/oci-auth';
import { type Sensitive } from '@oci-connector/sensitive';

/** What a Connector's Secret says about logging in at the registry. */
export class Credential implements RegistryCredential {
  readonly username: string;
  readonly password: Sensitive;
  readonly identityToken?: Sensitive;
  /** Changes whenever the Secret does; see {@link secretRevision}. */
  readonly revision: string;

  constructor(fields: { username: string; password: Sensitive; identityToken?: Sensitive; revision: string }) {
    this.username = fields.username;
    this.password = fields.password;
    this.identityToken = fields.identityToken;
    this.revision = fields.revision;
  }
}
