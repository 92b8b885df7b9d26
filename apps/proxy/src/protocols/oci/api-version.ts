/** Tells clients that this is a registry of the distribution-spec. Old docker clients require this header. */
export const API_VERSION_HEADER = { 'docker-distribution-api-version': 'registry/2.0' };
