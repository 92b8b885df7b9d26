import { Sensitive } from '@oci-connector/sensitive';
import { type DanceOutcome } from '../test/dance';
import { DanceFixture, REFUSES } from '../test/dance-fixture';
import { MOUNT } from '../test/token-registry';
import { type RepositoryScope } from './scope';
import { type UpstreamRegistry } from './upstream-registry';

const BASE: RepositoryScope = { repository: 'base', actions: ['pull'] };
const WRONG: Partial<UpstreamRegistry> = { credential: { username: 'robot', password: new Sensitive('wrong') } };

describe('a wrong credential', () => {
  let fixture: DanceFixture;
  beforeEach(async () => {
    fixture = await DanceFixture.start();
    fixture.serve(({ good }) => (good ? fixture.upstream.issue() : REFUSES));
  });
  afterEach(() => fixture.close());

  it('is sent twice where the token server issues tokens that allow nothing (Harbor), however many requests of however many Connectors use it', async () => {
    const nothing = [
      '',
      Buffer.from(JSON.stringify({ access: [{ type: 'repository', name: 'app', actions: [] }] })).toString('base64url'),
      '',
    ].join('.');
    fixture.serve(({ good, scope }) => (good ? fixture.upstream.issue() : scope ? { body: { token: nothing } } : REFUSES));
    fixture.send = (authorization) => ({ status: authorization === `Bearer ${nothing}` ? 401 : 200 });
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => fixture.ask(`repository-${index}`, { ...WRONG, connectorUid: `uid-${index % 10}` })),
    );
    expect(new Set(all)).toEqual(new Set(['CredentialRefused']));
    expect(fixture.asked()).toHaveLength(2);
  });

  it('is detected by the next request when one has used up its token requests for a mount', async () => {
    const mount = (app: string): Promise<DanceOutcome> =>
      fixture.askFor([{ repository: app, actions: ['pull', 'push'] }, BASE], undefined, WRONG);
    expect([await mount('a'), fixture.asked().length]).toEqual(['CredentialRefused', 2]);
    expect([await mount('b'), ...fixture.asked()]).toEqual(['CredentialRefused', null]);
    expect([await mount('c'), ...fixture.asked()]).toEqual(['CredentialRefused']);
  });

  it('is detected by the next request when one has used up its token requests for an identity token', async () => {
    const wrong = { credential: { username: 'robot', password: new Sensitive(''), identityToken: new Sensitive('stale') } };
    expect([await fixture.ask('a', wrong), fixture.asked().length]).toEqual(['CredentialRefused', 2]);
    expect([await fixture.ask('b', wrong), fixture.asked().length]).toEqual(['CredentialRefused', 2]);
    expect([await fixture.ask('c', wrong), fixture.asked().length]).toEqual(['CredentialRefused', 0]);
  });

  it('is found to be good by the next request, which continues for its own repository only', async () => {
    fixture.serve(({ scope }) => (scope ? REFUSES : fixture.upstream.issue()));
    expect([await fixture.askFor(MOUNT), fixture.asked().length]).toEqual(['CredentialRefused', 2]);
    fixture.serve(() => fixture.upstream.issue());
    fixture.clock.advance(10_000);
    expect([await fixture.askFor(MOUNT), ...fixture.asked()]).toEqual([200, null, 'repository:app:pull,push']);
    expect([await fixture.ask('b'), ...fixture.asked()]).toEqual([200, 'repository:b:pull']);
  });
});
