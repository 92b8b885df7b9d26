/*
 * What the controller keeps in the namespace of the installation, and the other programs read there.
 */

/** The proxy's certificate authority: the Secret with its key, and the ConfigMap with the bundle that is published. */
export const PROXY_CA_NAME = 'connectors-proxy-ca';

/** The Secret with the keys that seal upload locations, `current` and `previous`. */
export const SEALING_KEYS_NAME = 'connectors-proxy-sealing';

/** Random bytes of each of them: enough for AES-256. */
export const SEALING_KEY_BYTES = 32;

/**
 * How long a sealed upload location is valid, in milliseconds: an upload may pause overnight. The keys rotate no sooner, so
 * whatever was sealed with one still opens with it, as the previous one, until it has expired anyway.
 */
export const SEALING_PERIOD_MS = 24 * 60 * 60 * 1_000;
