import {
  connectorHostNames,
  connectorOfServiceName,
  connectorPath,
  connectorServiceName,
  isConnectorName,
  isDnsLabel,
  parseConnectorHost,
} from './names';

describe('names', () => {
  it.each([
    ['a', true],
    ['a-1', true],
    ['1a', true],
    ['a'.repeat(63), true],
    ['', false],
    ['a'.repeat(64), false],
    ['A', false],
    ['-a', false],
    ['a-', false],
    ['a.b', false],
    ['a_b', false],
    ['a\n', false],
    ['ä', false],
  ])('isDnsLabel(%j) is %s', (text, expected) => {
    expect(isDnsLabel(text)).toBe(expected);
  });

  it('limits the name of a Connector by the prefix of its Service', () => {
    expect(isConnectorName('a'.repeat(61))).toBe(true);
    expect(isConnectorName('a'.repeat(62))).toBe(false);
    expect(isDnsLabel(connectorServiceName('a'.repeat(61)))).toBe(true);
  });

  it.each([
    ['c-hub', 'hub'],
    ['c-c-hub', 'c-hub'],
    [`c-${'a'.repeat(61)}`, 'a'.repeat(61)],
    ['c-', undefined],
    ['hub', undefined],
    ['kc-hub', undefined],
    ['c-hub.example', undefined],
  ])('the Service %s belongs to the Connector %s', (service, expected) => {
    expect(connectorOfServiceName(service)).toBe(expected);
  });

  it('returns all host names and the path of a Connector', () => {
    const connector = { namespace: 'team', name: 'hub' };
    expect(connectorHostNames(connector)).toEqual(['c-hub.team', 'c-hub.team.svc', 'c-hub.team.svc.cluster.local']);
    expect(connectorHostNames({ ...connector, clusterDomain: 'corp.example' })[2]).toBe('c-hub.team.svc.corp.example');
    expect(connectorPath(connector)).toBe('/namespaces/team/connectors/hub');
  });

  it.each(connectorHostNames({ namespace: 'team', name: 'c-hub' }))('finds the Connector of the host %s', (host) => {
    expect(parseConnectorHost(host)).toEqual({ namespace: 'team', name: 'c-hub' });
  });

  it.each([
    'c-hub',
    'c-hub.',
    'c-.team',
    'hub.team',
    'C-hub.team',
    'c-hub.Team',
    'c-hub.team.',
    'c-hub.team.svc.',
    'c-hub.team.svc.cluster',
    'c-hub.team.svc.cluster.local.',
    'c-hub.team.svc.cluster.local.evil.example',
    'c-hub.team.svc.cluster.localx',
    'c-hub.team.pod',
    'c-hub.team.svc.corp.example',
    'evil.example.c-hub.team.svc',
    'c-hub.team:80',
    'c-hub..team',
    `c-${'a'.repeat(62)}.team`,
    `c-hub.${'a'.repeat(64)}`,
    '',
  ])('finds none for the host %j (C6)', (host) => {
    expect(parseConnectorHost(host)).toBeUndefined();
  });

  it('uses the cluster domain of the installation', () => {
    expect(parseConnectorHost('c-hub.team.svc.corp.example', 'corp.example')).toEqual({ namespace: 'team', name: 'hub' });
    expect(parseConnectorHost('c-hub.team.svc.cluster.local', 'corp.example')).toBeUndefined();
  });
});
