import { meantOrigin } from '@oci-connector/connector-api';
import { OciAuthError } from './oci-auth.errors';
import { type UpstreamRegistry } from './upstream-registry';

/**
 * Registries whose token server is known to be on another origin, each reviewed against its source. Nothing is derived from
 * names: a shared domain is no reason for trust (CVE-2026-33540).
 */
const BUILT_IN_REALMS: ReadonlyMap<string, string> = new Map([
  // https://distribution.github.io/distribution/spec/auth/token/
  ['https://registry-1.docker.io', 'https://auth.docker.io'],
  // https://github.com/portainer/portainer/issues/2956
  ['https://registry.gitlab.com', 'https://gitlab.com'],
  // https://github.com/NVIDIA/nvidia-container-toolkit/issues/1945
  ['https://nvcr.io', 'https://authn.nvidia.com'],
]);

/** Real realms have fewer than 100 characters. */
const MAX_REALM_LENGTH = 2048;

/**
 * The realm as written, before a URL parser corrects it: http or https, an authority, no white space, no control character,
 * no backslash (which a parser reads as a slash), nothing outside ASCII (which a parser maps to other letters).
 */
const REALM = /^(https?):\/\/([!-[\]-~]+)$/i;

/** The fields of a registry that decide about its realms. */
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
      "The registry's challenge names a token server with a user name in its URL, which is never used: nothing was sent there. Correct the realm at the registry.",
    );
  }
  if (realm.includes('#')) {
    throw invalid('contains a fragment');
  }
  return new URL(realm);
}

/** Returns the origin that an entry of `spec.auth.trustedRealms` names; undefined when the entry is not an exact origin. */
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
 * Rule C1. Returns the realm of a challenge as a URL that may receive this connector's credential. Its origin is the connector's own
 * one, that of a built-in pair, or one that the connector's owner trusts explicitly. It is never http unless the connector's own
 * address is http. The same rule applies without a credential, because the realm decides where a connection inside the cluster goes.
 *
 * @throws OciAuthError `RealmInvalid`, `RealmHasUserInfo` or `RealmUntrusted`
 */
export function checkRealm(realm: string | undefined, owner: RealmOwner): URL {
  const written = parseRealm(realm);
  // Behind a load balancer that terminates TLS, registries write http:// and mean themselves. The request goes to https.
  const url = new URL(meantOrigin(written, owner.origin) + written.pathname + written.search);
  if (url.protocol === 'http:' && owner.scheme !== 'http') {
    throw new OciAuthError(
      'RealmUntrusted',
      `The registry ${owner.origin} names the token server ${url.origin}, which is not https: nothing was sent there. Configure an https realm at the registry.`,
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
