import * as fc from 'fast-check';
import { classifyAddress, unwrap } from './address-class';
import { inRange, parseAddress, parseAddressRange } from './ip-address';
import { normalizeHost } from './normalize-host';

const hex = (text: string): string | undefined => {
  const bytes = parseAddress(text);
  return bytes && Buffer.from(bytes).toString('hex');
};

describe('parseAddress', () => {
  it.each([
    ['1.2.3.4', '01020304'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['1::', `0001${'0'.repeat(28)}`],
    ['2001:DB8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:127.0.0.1', `${'0'.repeat(20)}ffff7f000001`],
    ['64:ff9b::10.0.0.1', `0064ff9b${'0'.repeat(16)}0a000001`],
  ])('%s', (text, expected) => {
    expect(hex(text)).toBe(expected);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.0.0.1',
    '0x7f.0.0.1',
    ':::',
    '1::2::3',
    'fe80::1%eth0',
    '[::1]',
    'localhost',
    '12345::',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('reads every notation of an IPv6 address as the same bytes', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), group), { minLength: 8, maxLength: 8 }), (groups) => {
        const full = groups.map((value) => value.toString(16)).join(':');
        const short = new URL(`http://[${full}]/`).hostname.slice(1, -1);
        expect(hex(short)).toBe(groups.map((value) => value.toString(16).padStart(4, '0')).join(''));
        expect(hex(full)).toBe(hex(short));
      }),
    );
  });
});

describe('parseAddressRange', () => {
  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['172.16.0.0/12', '172.31.255.255', true],
    ['172.16.0.0/12', '172.32.0.0', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1/32', '127.0.0.2', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '::1', false],
    ['::1/128', '::1', true],
    ['fc00::/7', 'fdff::1', true],
    ['fc00::/7', 'fe00::1', false],
  ])('%s holds %s: %s', (range, address, expected) => {
    const bytes = parseAddress(address);
    expect(bytes && inRange(bytes, parseAddressRange(range))).toBe(expected);
  });

  it.each(['', '10.0.0.0/33', '::/129', '10.0.0/8', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'corp.example/8', '10.0.0.0/1e1'])(
    'refuses %j and names it',
    (text) => {
      expect(() => parseAddressRange(text)).toThrow(`"${text}"`);
    },
  );
});

describe('classifyAddress', () => {
  const classOf = (text: string): string | undefined => {
    const bytes = parseAddress(text);
    return bytes && classifyAddress(unwrap(bytes));
  };

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2001:4860:4860::8888',
  ])('%s is public', (text) => {
    expect(classOf(text)).toBe('public');
  });

  it.each([
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.1',
    'fc00::1',
    'fd12:3456::1',
    '::ffff:10.0.0.1',
    '64:ff9b::192.168.0.1',
  ])('%s is private', (text) => {
    expect(classOf(text)).toBe('private');
  });

  it.each([
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['loopback elsewhere', '127.255.0.9'],
    ['metadata', '169.254.169.254'],
    ['link-local', '169.254.1.1'],
    ['metadata of Alibaba Cloud', '100.100.100.200'],
    ['metadata of Oracle', '192.0.0.192'],
    ['Azure’s host agent', '168.63.129.16'],
    ['documentation', '192.0.2.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '250.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified, IPv6', '::'],
    ['loopback, IPv6', '::1'],
    ['link-local, IPv6', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['multicast, IPv6', 'ff02::1'],
    ['metadata of AWS', 'fd00:ec2::254'],
    ['metadata of Google Cloud', 'fd20:ce::254'],
    ['documentation, IPv6', '2001:db8::1'],
    ['discard', '100::1'],
    ['v4-mapped loopback', '::ffff:127.0.0.1'],
    ['v4-mapped loopback in hexadecimal', '::ffff:7f00:1'],
    ['v4-mapped metadata', '::ffff:169.254.169.254'],
    ['v4-compatible loopback', '::127.0.0.1'],
    ['6to4 of loopback', '2002:7f00:1::'],
    ['6to4 of anything', '2002:808:808::1'],
    ['NAT64 of metadata', '64:ff9b::169.254.169.254'],
    ['NAT64 of loopback', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::10.0.0.1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['v4-translated', '::ffff:0:127.0.0.1'],
    ['unassigned', '4000::1'],
  ])('%s (%s) is forbidden', (_name, text) => {
    expect(classOf(text)).toBe('forbidden');
  });
});

describe('normalizeHost', () => {
  it.each([
    ['Registry.Corp', 'registry.corp'],
    ['registry.corp.', 'registry.corp'],
    ['10.0.0.1', '10.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['::FFFF:127.0.0.1', '::ffff:7f00:1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['my_host', 'my_host'],
    [`${'a'.repeat(63)}.corp`, `${'a'.repeat(63)}.corp`],
    [`${'a.'.repeat(126)}a.`, `${'a.'.repeat(126)}a`],
  ])('%s is %s', (host, expected) => {
    expect(normalizeHost(host)).toBe(expected);
  });

  it.each([
    '',
    ' ',
    'a b',
    'host:80',
    'user@host',
    'fe80::1%eth0',
    'host/path',
    '1.2.3.4.5',
    '256.1.1.1',
    'a%2eb',
    'é.example',
    '[::1',
    '.',
    '..',
    '.corp',
    'registry..corp',
    'registry.corp..',
    `${'a'.repeat(64)}.corp`,
    `${'a.'.repeat(126)}aa`,
    'a.'.repeat(20_000),
  ])('%j is not a host', (host) => {
    expect(normalizeHost(host)).toBeUndefined();
  });
});
