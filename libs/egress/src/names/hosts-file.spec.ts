import { parseHostsFile } from './hosts-file';

describe('parseHostsFile', () => {
  it('returns the addresses of every name, in the order of the lines', () => {
    const text = [
      '127.0.0.1\tlocalhost',
      '::1 localhost ip6-localhost # loopback',
      '10.1.2.3 Registry.Team-A registry',
      '10.1.2.4 registry.team-a',
      '10.1.2.3 registry.team-a',
      '# 10.9.9.9 commented',
      'not-an-address nowhere',
      'fe80::1%lo0 localhost',
      '10.5.5.5',
      '',
    ].join('\r\n');
    expect(Object.fromEntries(parseHostsFile(text))).toEqual({
      localhost: ['127.0.0.1', '::1'],
      'ip6-localhost': ['::1'],
      'registry.team-a': ['10.1.2.3', '10.1.2.4'],
      registry: ['10.1.2.3'],
    });
  });
});
