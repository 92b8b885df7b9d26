import { type Authentication } from './authentication';
import { type ListSnapshots } from './list-snapshots';
import { type ObjectStore } from './object-store';
import { type Rbac } from './rbac';
import { type ResourceCatalog } from './resource-catalog';
import { type ServiceAccountTokens } from './service-account-tokens';

/** State for handling requests. Each server has one. */
export interface Cluster {
  readonly store: ObjectStore;
  readonly catalog: ResourceCatalog;
  readonly snapshots: ListSnapshots;
  readonly rbac: Rbac;
  readonly tokens: ServiceAccountTokens;
  readonly authentication: Authentication;
  /** Returns the time in milliseconds since 1970. */
  readonly clock: () => number;
  /** Audience of the API itself. */
  readonly apiAudience: string;
  readonly minimumTokenSeconds: number;
}
