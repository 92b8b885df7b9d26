import { type ContentStore } from './content-store';
import { type FixtureRegistryOptions } from './fixture-registry-options';
import { type RegistryQuirks } from './quirks';
import { type Uploads } from './uploads';

/** State that the handlers of the registry's endpoints share. */
export interface RegistryContext {
  readonly options: FixtureRegistryOptions;
  readonly quirks: RegistryQuirks;
  readonly content: ContentStore;
  readonly uploads: Uploads;
  /** Path before `/v2`: empty, or with a leading slash. */
  readonly basePath: string;
  /** Origin of the registry itself. */
  readonly origin: () => string;
  /** The second server: a content store on another origin, which only accepts signed URLs. */
  readonly cdn: { readonly origin: () => string; readonly sign: (path: string, query?: string) => string };
}
