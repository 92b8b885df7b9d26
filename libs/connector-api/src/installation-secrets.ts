/*
 * The objects that the controller writes into the namespace of the installation, and that the other programs read.
 */

/** The proxy's certificate authority: the Secret with its key, and the ConfigMap with the published bundle. */
export const PROXY_CA_NAME = 'connectors-proxy-ca';

/** Their keys: the certificate that signs now and its private key, in the Secret; the bundle, in both. */
export const PROXY_CA_KEYS = { certificate: 'tls.crt', privateKey: 'tls.key', bundle: 'ca.crt' } as const;

/** The Lease by which the replicas of the controller elect their leader. */
export const CONTROLLER_LEASE_NAME = 'connectors-controller';

/** The Secret with the keys that seal upload locations, `current` and `previous`. */
export const SEALING_KEYS_NAME = 'connectors-proxy-sealing';

/** The random bytes of each sealing key: as many as AES-256 needs. */
export const SEALING_KEY_BYTES = 32;

/**
 * How long a sealed upload location is valid, in milliseconds: an upload may pause overnight. Keys rotate no sooner than that, so a
 * location can be opened with the current or the previous key until it expires.
 */
export const SEALING_PERIOD_MS = 24 * 60 * 60 * 1_000;
