import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { dance, type Outcome } from '../test/dance';
import { anUpstreamRegistry, BASIC } from '../test/loopback-registry';
import { type ScriptedResponse } from '../test/scripted-server';
import { MOUNT, TokenRegistry } from '../test/token-registry';
import { OciAuthorizer } from './oci-authorizer';
import { type RepositoryScope } from './scope';
import { type UpstreamRegistry } from './upstream-registry';

const BASE: RepositoryScope = { repository: 'base', actions: ['pull'] };
const WRONG: Partial<UpstreamRegistry> = { credential: { username: 'robot', password: new Sensitive('wrong') } };
const REFUSES = { status: 401 };

describe('a wrong credential', () => {
  const clock = new ManualClock();
  let upstream: TokenRegistry;
  let authorizer: OciAuthorizer;
  /** What the registry says to each Authorization. */
  let send: (authorization: string) => ScriptedResponse;

  beforeEach(async () => {
    upstream = await TokenRegistry.start();
    authorizer = new OciAuthorizer({ clock, random: () => 0.5 });
    send = () => ({ status: 200 });
    serve(({ good }) => (good ? upstream.issue() : REFUSES));
  });
  afterEach(() => upstream.close());

  /** How the token server answers a right or wrong password with a scope and without. */
  function serve(tokens: (about: { good: boolean; scope: boolean }) => ScriptedResponse): void {
    upstream.tokens = ({ headers, query }) => tokens({ good: headers.authorization === BASIC, scope: query.has('scope') });
  }

  const pull = (repository: string): readonly RepositoryScope[] => [{ repository, actions: ['pull'] }];
  const ask = (scopes: readonly RepositoryScope[], overrides: Partial<UpstreamRegistry> = {}): Promise<Outcome> =>
    dance(authorizer, {
      registry: anUpstreamRegistry(upstream.registry, { trustedRealms: [upstream.tokenServer.origin], ...overrides }),
      scopes,
      send: (authorization) => send(authorization),
    });

  /** The scopes that the token server was asked for since the last look. */
  const asked = (): (string | null)[] => upstream.tokenServer.seen.splice(0).map(({ query }) => query.get('scope'));

  it('goes out twice where the token server gives it tokens that allow nothing (Harbor), however many ask of however many Connectors', async () => {
    const nothing = [
      '',
      Buffer.from(JSON.stringify({ access: [{ type: 'repository', name: 'app', actions: [] }] })).toString('base64url'),
      '',
    ].join('.');
    serve(({ good, scope }) => (good ? upstream.issue() : scope ? { body: { token: nothing } } : REFUSES));
    send = (authorization) => ({ status: authorization === `Bearer ${nothing}` ? 401 : 200 });
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(pull(`repository-${index}`), { ...WRONG, connectorUid: `uid-${index % 10}` })),
    );
    expect(new Set(all)).toEqual(new Set(['CredentialRefused']));
    expect(asked()).toHaveLength(2);
  });

  it('is found out by the next request where one has asked as often as it may: for a mount', async () => {
    const mount = (app: string): Promise<Outcome> => ask([{ repository: app, actions: ['pull', 'push'] }, BASE], WRONG);
    expect([await mount('a'), asked().length]).toEqual(['CredentialRefused', 2]);
    expect([await mount('b'), ...asked()]).toEqual(['CredentialRefused', null]);
    expect([await mount('c'), ...asked()]).toEqual(['CredentialRefused']);
  });

  it('is found out by the next request where one has asked as often as it may: for an identity token', async () => {
    const wrong = { credential: { username: 'robot', password: new Sensitive(''), identityToken: new Sensitive('stale') } };
    expect([await ask(pull('a'), wrong), asked().length]).toEqual(['CredentialRefused', 2]);
    expect([await ask(pull('b'), wrong), asked().length]).toEqual(['CredentialRefused', 2]);
    expect([await ask(pull('c'), wrong), asked().length]).toEqual(['CredentialRefused', 0]);
  });

  it('is found to be good by the next request, which goes on for its own repository alone', async () => {
    serve(({ scope }) => (scope ? REFUSES : upstream.issue()));
    expect([await ask(MOUNT), asked().length]).toEqual(['CredentialRefused', 2]);
    serve(() => upstream.issue());
    clock.advance(10_000);
    expect([await ask(MOUNT), ...asked()]).toEqual([200, null, 'repository:app:pull,push']);
    expect([await ask(pull('b')), ...asked()]).toEqual([200, 'repository:b:pull']);
  });
});
