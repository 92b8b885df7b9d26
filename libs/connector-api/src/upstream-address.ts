import { isIPv6 } from 'node:net';
import { ADDRESS_MAX, ADDRESS_RULE } from './address-grammar';
import { DOCKER_HUB_HOST, isDockerHubName } from './docker-hub';

/** The parsed address of a Connector. */
export interface UpstreamAddress {
  scheme: 'http' | 'https';
  /** DNS name in lower case, IPv4 address, or IPv6 address without brackets. */
  host: string;
  port: number;
  /** `scheme://host[:port]`, without the scheme's default port; an IPv6 address has brackets. */
  origin: string;
  /** The path prefix: '' or `a/b`, without slashes at the ends. */
  pathPrefix: string;
  /** Whether the address is Docker Hub, by any of its names. Its official images are in `library/NAME`. */
  isDockerHub: boolean;
}

/** An address cannot be used; the message names the field and says what to do. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code = 'AddressInvalid';
  /** The address stays wrong until the Connector is changed. */
  readonly retryable = false;

  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field} ${problem}`);
  }
}

/** `https://index.docker.io/v1/` is Docker Hub's key in ~/.docker/config.json, and users often copy it from there. */
const DOCKER_HUB_API_PATHS = new Set(['v1', 'v2']);

/**
 * Parses an address.
 *
 * @param field the field to name in errors
 * @throws AddressError when the text is not a valid address
 */
export function parseUpstreamAddress(address: string, field = 'spec.address'): UpstreamAddress {
  const url = parseStrictly(address, field);
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const pathPrefix = url.pathname.replace(/^\/|\/$/g, '');
  const parsed = {
    scheme: secure ? ('https' as const) : ('http' as const),
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    origin: url.origin,
    pathPrefix,
    isDockerHub: false,
  };
  return isDockerHub(parsed) ? asDockerHub(parsed) : parsed;
}

function parseStrictly(address: string, field: string): URL {
  if (address.length > ADDRESS_MAX) {
    throw new AddressError(field, `must have at most ${ADDRESS_MAX} characters`);
  }
  const problem = ADDRESS_RULE.broken(address);
  if (problem !== undefined) {
    throw new AddressError(field, problem);
  }
  const bracketed = /\[(.*)\]/.exec(address)?.[1];
  if (bracketed !== undefined && !isIPv6(bracketed)) {
    throw new AddressError(field, `must name a valid IPv6 address between the brackets, not ${bracketed}`);
  }
  try {
    return new URL(address);
  } catch (cause) {
    throw Object.assign(new AddressError(field, 'must name a valid host; check the part after ://'), { cause });
  }
}

/** Whether the address is Docker Hub: one of its names with https and the default port. */
function isDockerHub({ scheme, host, port }: UpstreamAddress): boolean {
  return scheme === 'https' && port === 443 && isDockerHubName(host);
}

function asDockerHub(address: UpstreamAddress): UpstreamAddress {
  return {
    ...address,
    host: DOCKER_HUB_HOST,
    origin: `https://${DOCKER_HUB_HOST}`,
    pathPrefix: DOCKER_HUB_API_PATHS.has(address.pathPrefix) ? '' : address.pathPrefix,
    isDockerHub: true,
  };
}
