import { candidatesOf } from './candidates';

const POD = { search: ['team.svc.cluster.local', 'svc.cluster.local', 'cluster.local'], ndots: 5 };

describe('candidatesOf', () => {
  it.each<[string, { search: string[]; ndots: number }, string[]]>([
    ['registry', POD, ['registry.team.svc.cluster.local', 'registry.svc.cluster.local', 'registry.cluster.local', 'registry']],
    [
      'registry.team-a',
      POD,
      ['registry.team-a.team.svc.cluster.local', 'registry.team-a.svc.cluster.local', 'registry.team-a.cluster.local', 'registry.team-a'],
    ],
    [
      'harbor.example.com',
      POD,
      [
        'harbor.example.com.team.svc.cluster.local',
        'harbor.example.com.svc.cluster.local',
        'harbor.example.com.cluster.local',
        'harbor.example.com',
      ],
    ],
    [
      'a.b.c.d.e.f',
      POD,
      ['a.b.c.d.e.f', 'a.b.c.d.e.f.team.svc.cluster.local', 'a.b.c.d.e.f.svc.cluster.local', 'a.b.c.d.e.f.cluster.local'],
    ],
    ['harbor.example.com.', POD, ['harbor.example.com']],
    ['registry.', POD, ['registry']],
    ['harbor.example.com', { search: ['corp.test'], ndots: 1 }, ['harbor.example.com', 'harbor.example.com.corp.test']],
    ['registry', { search: ['corp.test'], ndots: 1 }, ['registry.corp.test', 'registry']],
    ['registry', { search: [], ndots: 5 }, ['registry']],
    ['registry', { search: ['', 'corp.test'], ndots: 1 }, ['registry', 'registry.corp.test']],
    ['registry', { search: ['corp.test'], ndots: 0 }, ['registry', 'registry.corp.test']],
  ])('returns the candidates of %s with %j in the order of glibc', (name, conf, expected) => {
    expect(candidatesOf(name, conf)).toEqual(expected);
  });

  it.each(['a..b', '.', '..', `${'x'.repeat(64)}.test`])('returns no candidates for an invalid name: %s', (name) => {
    expect(candidatesOf(name, POD)).toEqual([]);
  });

  it('omits names that are too long', () => {
    const long = `${'x'.repeat(60)}.`.repeat(4).slice(0, -1);
    expect(candidatesOf(long, POD)).toEqual([long]);
  });
});
