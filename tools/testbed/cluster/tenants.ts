/**
 * A Connector in one namespace; a team that may push through it, whose namespace contains no objects; and a team that may not, the one
 * of the examples.
 */
export const PLATFORM = { namespace: 'platform', name: 'registry' } as const;
export const TEAM_A = { namespace: 'team-a', name: 'builder' } as const;
export const TEAM_B = { namespace: 'team-b', name: 'builder' } as const;

export const CONNECTOR_HOST = `c-${PLATFORM.name}.${PLATFORM.namespace}.svc.cluster.local`;

/** An image that the registry has from the beginning. */
export const SOURCE = 'library/sample:v1';
