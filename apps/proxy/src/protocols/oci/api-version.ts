/** Tells clients that this is a registry of the distribution-spec; old docker clients insist on it. */
export const API_VERSION_HEADER = { 'docker-distribution-api-version': 'registry/2.0' };
