import { formatHostAndPort, hostAndPort } from './host-and-port';

describe('hostAndPort', () => {
  it.each([
    ['https://registry.example/v2/', 'registry.example', 443, 'registry.example:443'],
    ['http://Registry.example', 'registry.example', 80, 'registry.example:80'],
    ['http://registry.example:443', 'registry.example', 443, 'registry.example:443'],
    ['https://127.0.0.1:5000', '127.0.0.1', 5000, '127.0.0.1:5000'],
    ['https://[2001:db8::1]:5000', '2001:db8::1', 5000, '[2001:db8::1]:5000'],
  ])('reads %s', (url, host, port, text) => {
    const found = hostAndPort(new URL(url));
    expect(found).toEqual({ host, port });
    expect(formatHostAndPort(found)).toBe(text);
  });
});
