import { VERSION } from '@oci-connector/runtime';
import { type Commit } from './commit';

/** Returns the labels of a build. Those that never change are in deploy/Dockerfile. */
export function labelsOf({ revision }: Commit, source?: string): Record<string, string> {
  const prefix = 'org.opencontainers.image';
  return {
    [`${prefix}.version`]: VERSION,
    [`${prefix}.revision`]: revision,
    ...(source === undefined ? {} : { [`${prefix}.source`]: source }),
  };
}
