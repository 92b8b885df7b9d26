import fc from 'fast-check';
import { AddressError, parseUpstreamAddress } from './upstream-address';

function problemOf(address: string, field?: string): AddressError | undefined {
  try {
    parseUpstreamAddress(address, field);
    return undefined;
  } catch (error) {
    if (error instanceof AddressError) {
      return error;
    }
    throw error;
  }
}

describe('parseUpstreamAddress', () => {
  it.each([
    ['https://registry.example.com', 'https registry.example.com 443 https://registry.example.com ""'],
    ['https://registry.example.com/', 'https registry.example.com 443 https://registry.example.com ""'],
    ['https://registry.example.com:443', 'https registry.example.com 443 https://registry.example.com ""'],
    ['https://Registry.Example.COM/Team', 'https registry.example.com 443 https://registry.example.com "Team"'],
    ['https://registry.example.com:8443/a/b/', 'https registry.example.com 8443 https://registry.example.com:8443 "a/b"'],
    ['http://registry', 'http registry 80 http://registry ""'],
    ['http://registry:80', 'http registry 80 http://registry ""'],
    ['http://registry:443', 'http registry 443 http://registry:443 ""'],
    ['http://127.0.0.1:5000', 'http 127.0.0.1 5000 http://127.0.0.1:5000 ""'],
    ['https://[2001:DB8:0::1]:5000/a', 'https 2001:db8::1 5000 https://[2001:db8::1]:5000 "a"'],
    ['http://docker.io', 'http docker.io 80 http://docker.io ""'],
    ['https://docker.io:5000', 'https docker.io 5000 https://docker.io:5000 ""'],
    ['https://auth.docker.io', 'https auth.docker.io 443 https://auth.docker.io ""'],
    ['https://docker.io.example.com', 'https docker.io.example.com 443 https://docker.io.example.com ""'],
  ])('%s', (address, expected) => {
    const { scheme, host, port, origin, pathPrefix, isDockerHub } = parseUpstreamAddress(address);
    expect(`${scheme} ${host} ${port} ${origin} "${pathPrefix}"`).toBe(expected);
    expect(isDockerHub).toBe(false);
  });

  it.each([
    ['https://docker.io', ''],
    ['https://index.docker.io', ''],
    ['https://Index.Docker.IO:443/', ''],
    ['https://registry-1.docker.io', ''],
    ['https://index.docker.io/v1/', ''],
    ['https://registry-1.docker.io/v2', ''],
    ['https://docker.io/library', 'library'],
  ])('%s is Docker Hub', (address, pathPrefix) => {
    expect(parseUpstreamAddress(address)).toEqual({
      scheme: 'https',
      host: 'registry-1.docker.io',
      port: 443,
      origin: 'https://registry-1.docker.io',
      pathPrefix,
      isDockerHub: true,
    });
  });

  it.each([
    'https://[::1',
    'https://[:::1]',
    'https://[1:2]',
    'https://1.2.3',
    'https://1.2.3.4.5',
    'https://256.1.1.1',
    'https://01.2.3.4',
    'https://registry.example.com.',
    'https://registry..example.com',
    'https://-registry.example.com',
    'https://registry.example.com:',
    'https://registry.example.com:0',
    'https://registry.example.com:080',
    'https:/registry.example.com',
    'https:registry.example.com',
    'HTTPS://registry.example.com',
    'https://registry.example.com/.',
    'https://registry.example.com/./a',
    'https://registry.example.com/a;b',
    'https://registry.example.com/ä',
    `https://registry.example.com/${'a'.repeat(1024)}`,
  ])('refuses %j', (address) => {
    expect(problemOf(address)).toBeInstanceOf(AddressError);
  });

  it('names the field and the fix for a name that only the URL parser refuses, as that of Node.js 20 does', () => {
    const message = URL.canParse('https://xn--a') ? undefined : 'spec.address must name a valid host; check the part after ://';
    expect(problemOf('https://xn--a')?.message).toBe(message);
  });

  it('names the field and the fix, but not the password', () => {
    const error = problemOf('https://user:hunter2@registry.example.com', 'spec.addressExtensions[0].value');
    expect(error?.message).toBe(
      'spec.addressExtensions[0].value must not contain a user name or password; put them into a Secret and name it in spec.auth.secretRef',
    );
    expect(error).toMatchObject({ code: 'AddressInvalid', retryable: false, field: 'spec.addressExtensions[0].value' });
  });

  // The checked host is the one that is connected to: no address is accepted that the URL parser reads differently.
  it('reads the host, port and path as they are written (C5, C9)', () => {
    const noise = fc.array(fc.constantFrom(...'aZ09.-_:/@[]%\\?#; \t~x$&'), { maxLength: 24 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.constantFrom('http://', 'https://', ''), noise, (scheme, rest) => {
        const address = scheme + rest;
        if (problemOf(address)) {
          return;
        }
        const { host, port, pathPrefix } = parseUpstreamAddress(address);
        const [, writtenHost = '', writtenPort, writtenPath = ''] =
          /^https?:\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+))?\/?(.*?)\/?$/.exec(address) ?? [];
        if (!writtenHost.startsWith('[')) {
          expect(host).toBe(writtenHost.toLowerCase());
        }
        expect(port).toBe(writtenPort ? Number(writtenPort) : scheme === 'https://' ? 443 : 80);
        expect(pathPrefix).toBe(writtenPath);
      }),
      { numRuns: 5000 },
    );
  });
});
