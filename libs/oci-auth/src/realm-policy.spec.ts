import { type OciAuthErrorCode } from './oci-auth.errors';
import { checkRealm, type RealmOwner } from './realm-policy';

const owner = (origin: string, trustedRealms: string[] = []): RealmOwner => ({
  origin,
  scheme: origin.startsWith('https') ? 'https' : 'http',
  trustedRealms,
});

describe('C1 realm exfiltration', () => {
  it.each<[string, RealmOwner, string]>([
    ['the connector’s own origin', owner('https://harbor.example'), 'https://harbor.example/service/token'],
    ['the same written with its default port and in capitals', owner('https://harbor.example'), 'HTTPS://Harbor.Example:443/token'],
    ['its own port', owner('https://harbor.example:8443'), 'https://harbor.example:8443/token'],
    ['http where the connector’s own address is http', owner('http://10.0.0.5:5000'), 'http://10.0.0.5:5000/auth'],
    ['an IPv6 address', owner('http://[::1]:5000'), 'http://[::1]:5000/auth'],
    ['Docker Hub', owner('https://registry-1.docker.io'), 'https://auth.docker.io/token'],
    ['gitlab.com', owner('https://registry.gitlab.com'), 'https://gitlab.com/jwt/auth'],
    ['nvcr.io', owner('https://nvcr.io'), 'https://authn.nvidia.com/token'],
    ['an origin that the owner trusts', owner('https://registry.corp', ['https://login.corp:9443']), 'https://login.corp:9443/t?x=y'],
    ['a trusted origin written with a default port', owner('https://registry.corp', ['https://Login.corp:443']), 'https://login.corp/t'],
    ['trusted http for an http address', owner('http://registry.corp', ['http://login.corp']), 'http://login.corp/t'],
  ])('trusts %s', (_name, registry, realm) => {
    expect(checkRealm(realm, registry)).toEqual(new URL(realm));
  });

  it.each<[string, RealmOwner, string]>([
    ['another host', owner('https://registry.corp'), 'https://evil.example/token'],
    ['a host in the same domain (CVE-2026-33540)', owner('https://registry.corp.example'), 'https://auth.corp.example/token'],
    ['another port of the same host', owner('https://registry.corp'), 'https://registry.corp:8443/token'],
    ['http from https on another port of the same host', owner('https://registry.corp'), 'http://registry.corp:5000/token'],
    ['http from https on another host', owner('https://registry.corp'), 'http://login.corp/token'],
    ['http of a built-in pair', owner('https://registry-1.docker.io'), 'http://auth.docker.io/token'],
    ['http from https even when it is trusted', owner('https://registry.corp', ['http://login.corp']), 'http://login.corp/t'],
    ['https for an http address, when it is not in trustedRealms', owner('http://registry.corp'), 'https://registry.corp/token'],
    ['a prefix of the host', owner('https://registry.corp'), 'https://registry.corp.evil.example/token'],
    ['a trailing dot', owner('https://registry-1.docker.io'), 'https://auth.docker.io./token'],
    ['the pair of another registry', owner('https://registry.corp'), 'https://auth.docker.io/token'],
    ['a pair over another port', owner('https://registry-1.docker.io:444'), 'https://auth.docker.io/token'],
    ['a sub-domain of a trusted origin', owner('https://r.corp', ['https://login.corp']), 'https://x.login.corp/t'],
    ['an origin that a wildcard would cover', owner('https://r.corp', ['https://*.corp', '*']), 'https://login.corp/t'],
    ['an entry with a path, which is not an origin', owner('https://r.corp', ['https://login.corp/path']), 'https://login.corp/t'],
    ['an entry with user info', owner('https://r.corp', ['https://login.corp@evil.example']), 'https://evil.example/t'],
    ['an entry without a scheme', owner('https://r.corp', ['login.corp']), 'https://login.corp/t'],
    ['the metadata service', owner('http://r.corp'), 'http://169.254.169.254/token'],
  ])('does not trust %s', (_name, registry, realm) => {
    expectCode(() => checkRealm(realm, registry), 'RealmUntrusted');
  });

  it.each([
    [undefined],
    [''],
    ['/v2/token'],
    ['//registry.corp/token'],
    ['registry.corp/token'],
    ['ftp://registry.corp/token'],
    ['javascript:alert(1)'],
    ['https://'],
    ['https:///registry.corp/token'],
    ['https:registry.corp/token'],
    ['https://registry.corp\\@evil.example/token'],
    ['https://evil.example\\.registry.corp/token'],
    ['https://registry.corp/token#fragment'],
    ['https://registry.corp/token#'],
    [' https://registry.corp/token'],
    ['https://regis\ttry.corp/token'],
    ['https://registry.corp/to\r\nken'],
    ['https://registry。corp/token'],
    ['https://registry.corp:99999/token'],
    [`https://registry.corp/${'a'.repeat(3000)}`],
  ])('refuses the malformed realm %j', (realm) => {
    expectCode(() => checkRealm(realm, owner('https://registry.corp', ['https://evil.example'])), 'RealmInvalid');
  });

  it.each([
    ['https://registry.corp', 'http://registry.corp/token?a=%2f'],
    ['https://registry.corp', 'http://registry.corp:80/token?a=%2f'],
    ['https://registry.corp', 'http://registry.corp:443/token?a=%2f'],
    ['https://registry.corp:5000', 'http://registry.corp/token?a=%2f'],
    ['https://registry.corp:5000', 'http://registry.corp:5000/token?a=%2f'],
  ])('asks %s by https where a load balancer terminates TLS and the realm is %s', (origin, realm) => {
    expect(checkRealm(realm, owner(origin)).href).toBe(`${origin}/token?a=%2f`);
  });

  it.each(['https://user@registry.corp/token', 'https://user:pass@registry.corp/token', 'https://@registry.corp/token'])(
    'refuses a realm with user info with its own code: %j',
    (realm) => {
      expectCode(() => checkRealm(realm, owner('https://registry.corp', ['https://evil.example'])), 'RealmHasUserInfo');
    },
  );

  it('says what to do, and repeats only the origin of the realm', () => {
    expect(() => checkRealm('https://login.corp/t?secret=1', owner('https://r.corp'))).toThrow(
      'The registry https://r.corp names the token server https://login.corp, which is not trusted: nothing was sent there. If that is its token server, add "https://login.corp" to spec.auth.trustedRealms.',
    );
  });
});

function expectCode(act: () => unknown, code: OciAuthErrorCode): void {
  expect(act).toThrow(expect.objectContaining({ name: 'OciAuthError', code, retryable: false }) as Error);
}
