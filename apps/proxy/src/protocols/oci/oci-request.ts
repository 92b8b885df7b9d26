import { type ConnectorRequest } from '../protocol';
import { type OciNames } from './oci-names';
import { type OciRoute } from './route-grammar';

/** A parsed request. */
export interface OciRequest {
  readonly request: ConnectorRequest;
  readonly route: OciRoute;
  readonly names: OciNames;
}
