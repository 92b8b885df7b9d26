/** What the testbed takes from the environment. */
export const testbedEnvironment = {
  /** Base of the cache for built tools; ~/.cache when unset. */
  cacheHome: process.env['XDG_CACHE_HOME'],
  /** Name of the world, set in the process that already runs inside its own namespaces. */
  world: process.env['OCI_CONNECTOR_TESTBED_WORLD'],
  /** Search path handed to tools. */
  path: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  home: process.env['HOME'] ?? '/root',
  all: process.env,
};
