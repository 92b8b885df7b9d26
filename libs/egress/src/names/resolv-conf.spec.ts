import { parseResolvConf, type ResolvConf } from './resolv-conf';

const DEFAULTS: ResolvConf = { servers: ['127.0.0.1'], search: [], ndots: 1, timeoutMs: 5_000, attempts: 2, rotate: false, noAaaa: false };

describe('parseResolvConf', () => {
  it.each<[string, string, Partial<ResolvConf>]>([
    ['nothing', '', {}],
    [
      'a pod',
      'search team-a.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
      { servers: ['10.96.0.10'], search: ['team-a.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], ndots: 5 },
    ],
    ['the last of search and domain', 'search a.test\ndomain B.test.\n', { search: ['b.test'] }],
    ['the last of domain and search', 'domain b.test\nsearch a.test c.test\n', { search: ['a.test', 'c.test'] }],
    ['the root', 'search . a.test\n', { search: ['', 'a.test'] }],
    [
      'options of several lines',
      'options rotate timeout:3\noptions attempts:4 no-aaaa edns0\n',
      { rotate: true, timeoutMs: 3_000, attempts: 4, noAaaa: true },
    ],
    ['options beyond their limits', 'options ndots:99 timeout:99 attempts:99\n', { ndots: 15, timeoutMs: 30_000, attempts: 5 }],
    ['options below their limits', 'options ndots:0 timeout:0 attempts:0\n', { ndots: 0, timeoutMs: 1_000, attempts: 1 }],
    ['options that are not numbers', 'options ndots:x timeout: attempts:-1 ndots\n', {}],
    [
      'more than three servers',
      'nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n',
      { servers: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] },
    ],
    ['IPv6, with and without zone', 'nameserver fd00::a\nnameserver fe80::1%eth0\n', { servers: ['fd00::a', 'fe80::1%eth0'] }],
    ['ports', 'nameserver 127.0.0.1:5353\nnameserver [::1]:5353\n', { servers: ['127.0.0.1:5353', '[::1]:5353'] }],
    [
      'invalid servers',
      'nameserver dns.test\nnameserver 10.0.0.1:0\nnameserver 10.0.0.1:99999\nnameserver\nnameserver 10.0.0.2\n',
      { servers: ['10.0.0.2'] },
    ],
    [
      'comments',
      '# nameserver 10.0.0.1\n;nameserver 10.0.0.2\nnameserver 10.0.0.3 # the third\nsearch a.test ; b.test\n',
      { servers: ['10.0.0.3'], search: ['a.test'] },
    ],
    ['a keyword that does not begin its line', ' nameserver 10.0.0.1\n', {}],
    ['other keywords, tabs and CRLF', 'sortlist 10.0.0.0/8\r\nnameserver\t10.0.0.1\r\n', { servers: ['10.0.0.1'] }],
  ])('reads %s', (_title, text, expected) => {
    expect(parseResolvConf(text)).toEqual({ ...DEFAULTS, ...expected });
  });

  it('accepts as many search domains as Kubernetes allows', () => {
    const domains = Array.from({ length: 40 }, (_, index) => `d${index}.test`);
    expect(parseResolvConf(`search ${domains.join(' ')}`).search).toEqual(domains.slice(0, 32));
  });
});
