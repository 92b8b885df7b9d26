import { meantOrigin } from '@oci-connector/connector-api';
import { OciAuthError } from './oci-auth.errors';
import { type UpstreamRegistry } from './upstream-registry';

/**
 * Registries whose token server is known to live on another origin, each reviewed against its source. Nothing is derived
 * from names: sharing a domain is no trust (CVE-2026-33540).
 */
const BUILT_IN_REALMS: ReadonlyMap<string, string> = new Map([
  // https://distribution.github.io/distribution/spec/auth/token/
  ['https://registry-1.docker.io', 'https://auth.docker.io'],
  // https://github.com/portainer/portainer/issues/2956
  ['https://registry.gitlab.com', 'https://gitlab.com'],
  // https://github.com/NVIDIA/nvidia-container-toolkit/issues/1945
  ['https://nvcr.io', 'https://authn.nvidia.com'],
]);

/** Real realms have below 100 characters. */
const MAX_REALM_LENGTH = 2048;

/**
 * The realm as written, before any URL parser mends it: http or https, an authority, no white space, no control
 * character, no backslash (which a parser reads as a slash), nothing outside ASCII (which it would map to other letters).
 */
const REALM = /^(https?):\/\/([!-[\]-~]+)$/i;

/** Everything of a registry that decides about its realms. */
export type RealmOwner = Pick<UpstreamRegistry, 'scheme' | 'origin' | 'trustedRealms'>;

function invalid(problem: string): OciAuthError {
  return new OciAuthError('RealmInvalid', `The registry's challenge names no usable token server: the realm ${problem}.`);
}

function parseRealm(realm: string | undefined): URL {
  if (realm === undefined || realm === '') {
    throw invalid('is missing');
  }
  if (realm.length > MAX_REALM_LENGTH) {
    throw invalid('is too long');
  }
  const authority = REALM.exec(realm)?.[2]?.split(/[/?#]/, 1)[0];
  if (!authority || !URL.canParse(realm)) {
    throw invalid('is not an http or https URL');
  }
  if (authority.includes('@')) {
    throw new OciAuthError(
      'RealmHasUserInfo',
      "The registry's challenge names a token server with a user name in its URL, which is never used: nothing was sent there. Have the realm of the registry corrected.",
    );
  }
  if (realm.includes('#')) {
    throw invalid('contains a fragment');
  }
  return new URL(realm);
}

/** The origin that an entry of `spec.auth.trustedRealms` names; undefined when it is more or less than an exact origin. */
function exactOrigin(entry: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\s\\]+$/i.test(entry) || !URL.canParse(entry)) {
    return undefined;
  }
  return new URL(entry).origin;
}

function trusts(owner: RealmOwner, origin: string): boolean {
  return (
    origin === owner.origin ||
    BUILT_IN_REALMS.get(owner.origin) === origin ||
    owner.trustedRealms.some((entry) => exactOrigin(entry) === origin)
  );
}

/**
 * Rule C1. The realm of a challenge as a URL that may receive this connector's credential: on the connector's own
 * origin, a built-in pair, or an origin that its owner trusts explicitly; never http unless the connector's own address
 * is http. The rule is the same without a credential: the token server decides what a connection inside goes to.
 * Throws OciAuthError `RealmInvalid`, `RealmHasUserInfo` or `RealmUntrusted`.
 */
export function checkRealm(realm: string | undefined, owner: RealmOwner): URL {
  const written = parseRealm(realm);
  // Behind a load balancer that ends TLS, registries write http:// and mean themselves; what is asked is https.
  const url = new URL(meantOrigin(written, owner.origin) + written.pathname + written.search);
  if (url.protocol === 'http:' && owner.scheme !== 'http') {
    throw new OciAuthError(
      'RealmUntrusted',
      `The registry ${owner.origin} names the token server ${url.origin}, which is not https: nothing was sent there. Set the registry up with an https realm.`,
    );
  }
  if (!trusts(owner, url.origin)) {
    throw new OciAuthError(
      'RealmUntrusted',
      `The registry ${owner.origin} names the token server ${url.origin}, which is not trusted: nothing was sent there. If that is its token server, add "${url.origin}" to spec.auth.trustedRealms.`,
    );
  }
  return url;
}
