/** The environment variables that the testbed uses. */
export const testbedEnvironment = {
  /** Base directory of the cache for built tools; default: ~/.cache. */
  cacheHome: process.env['XDG_CACHE_HOME'],
  /** Name of the world; set only in the process that runs inside the namespaces. */
  world: process.env['OCI_CONNECTOR_TESTBED_WORLD'],
  /** Search path for tools. */
  path: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  home: process.env['HOME'] ?? '/root',
  all: process.env,
};
