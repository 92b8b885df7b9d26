import { type ServerResponse } from 'node:http';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json } from '../test/api-server';
import { attributes, identity, reviewed } from '../test/reviews';
import { type AccessAttributes, AccessReviewer } from './access-reviewer';
import { ReviewUnavailableError } from './kube.errors';
import { KubeClient } from './kube-client';
import { type ClientIdentity } from './token-reviewer';

let server: ApiServer;
let client: KubeClient;
let clock: ManualClock;
let reviewer: AccessReviewer;
let outcomes: string[];
let respond: (response: ServerResponse) => void;

const status = (value: unknown): ((response: ServerResponse) => void) => reviewed('SubjectAccessReview', value);
const ask = (who: Partial<ClientIdentity> = {}, what: Partial<AccessAttributes> = {}): Promise<boolean> =>
  reviewer.isAllowed({ ...identity, ...who }, { ...attributes, ...what });

beforeEach(async () => {
  clock = new ManualClock();
  outcomes = [];
  respond = status({ allowed: true });
  server = await ApiServer.start((_request, response) => respond(response));
  client = KubeClient.fromConnection(server.connection());
  reviewer = new AccessReviewer({ client, clock, onReview: (kind, outcome) => outcomes.push(`${kind} ${outcome}`) });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('AccessReviewer', () => {
  it('sends everything that is known of the client', async () => {
    expect(await ask()).toBe(true);
    expect(server.requests[0]?.url.pathname).toBe('/apis/authorization.k8s.io/v1/subjectaccessreviews');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: identity.username,
        uid: identity.uid,
        groups: identity.groups,
        extra: identity.extra,
        resourceAttributes: attributes,
      },
    });
  });

  it.each<[string, unknown, boolean]>([
    ['allowed', { allowed: true }, true],
    ['allowed, with another broken binding', { allowed: true, evaluationError: 'role not found' }, true],
    ['not allowed', { allowed: false }, false],
    ['not mentioned', {}, false],
    ['denied', { allowed: false, denied: true }, false],
    ['both', { allowed: true, denied: true }, false],
    ['text', { allowed: 'true' }, false],
  ])('%s', async (_name, answer, expected) => {
    respond = status(answer);
    expect(await ask()).toBe(expected);
  });

  it('caches a positive answer for ten seconds, a negative one for three', async () => {
    await ask();
    clock.advance(7_999);
    await ask();
    expect(server.requests).toHaveLength(1);
    respond = status({ allowed: false });
    clock.advance(2_001);
    expect(await ask()).toBe(false);
    clock.advance(2_999);
    expect(await ask()).toBe(false);
    expect(server.requests).toHaveLength(2);
    respond = status({ allowed: true });
    clock.advance(1);
    expect(await ask()).toBe(true);
    expect(server.requests).toHaveLength(3);
  });

  describe('a positive answer that is used after eight seconds', () => {
    const answered = (outcome: 'miss' | 'error', times: number): Promise<unknown> =>
      eventually(() => outcomes.filter((one) => one === `access ${outcome}`).length === times);

    it('is renewed once, while it is still used', async () => {
      await ask();
      clock.advance(8_000);
      for (let request = 0; request < 10; request += 1) {
        expect(reviewer.peek(identity, attributes)).toBe(true);
      }
      expect(await ask()).toBe(true);
      await answered('miss', 2);
      clock.advance(7_999);
      expect(await ask()).toBe(true);
      clock.advance(1);
      expect(await ask()).toBe(true);
      await answered('miss', 3);
      expect(server.requests).toHaveLength(3);
    });

    it('is used for no more than ten seconds when its renewal fails', async () => {
      await ask();
      respond = (response) => json(response, 403, {});
      clock.advance(8_000);
      expect(reviewer.peek(identity, attributes)).toBe(true);
      await answered('error', 1);
      expect(reviewer.peek(identity, attributes)).toBe(true);
      clock.advance(2_000);
      await expect(ask()).rejects.toThrow(ReviewUnavailableError);
      expect(server.requests).toHaveLength(3);
    });

    it('is no longer used after its renewal was negative', async () => {
      await ask();
      respond = status({ allowed: false });
      clock.advance(8_000);
      expect(await ask()).toBe(true);
      await answered('miss', 2);
      expect(reviewer.peek(identity, attributes)).toBeUndefined();
      expect(await ask()).toBe(false);
      expect(server.requests).toHaveLength(2);
    });
  });

  it('peek returns a cached positive answer, and nothing else', async () => {
    expect(reviewer.peek(identity, attributes)).toBeUndefined();
    await ask();
    expect(reviewer.peek({ ...identity }, { ...attributes })).toBe(true);
    expect(reviewer.peek({ ...identity, uid: 'another' }, attributes)).toBeUndefined();
    expect(reviewer.peek(identity, { ...attributes, verb: 'update' })).toBeUndefined();
    clock.advance(10_000);
    expect(reviewer.peek(identity, attributes)).toBeUndefined();
    respond = status({ allowed: false });
    await ask();
    expect(reviewer.peek(identity, attributes)).toBeUndefined();
    expect(outcomes).toEqual(['access miss', 'access hit', 'access miss']);
  });

  it('does not cache a negative answer with an error', async () => {
    respond = status({ allowed: false, evaluationError: 'webhook timed out' });
    expect([await ask(), await ask()]).toEqual([false, false]);
    expect(server.requests).toHaveLength(2);
  });

  it('sends one review for concurrent callers', async () => {
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([true, true, true]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('C12 an answer is used only for an equal request', () => {
  it.each<[string, Partial<ClientIdentity>, Partial<AccessAttributes>]>([
    ['user', { username: 'system:serviceaccount:team-a:other' }, {}],
    ['uid: a ServiceAccount created again under the same name', { uid: 'another' }, {}],
    ['groups', { groups: ['system:authenticated'] }, {}],
    ['extra', { extra: { a: ['1'], b: ['2', '3'] } }, {}],
    ['verb', {}, { verb: 'update' }],
    ['group', {}, { group: 'other' }],
    ['resource', {}, { resource: 'connectorclasses' }],
    ['subresource', {}, { subresource: undefined }],
    ['namespace', {}, { namespace: 'team-c' }],
    ['name', {}, { name: 'harbo' }],
    ['name and namespace that read the same together', {}, { namespace: 'team-bh', name: 'arbor' }],
    ['namespace with the name in it', {}, { namespace: 'team-b\nharbor', name: undefined }],
  ])('another %s leads to another review', async (_name, who, what) => {
    await ask();
    respond = status({ allowed: false });
    expect(await ask(who, what)).toBe(false);
    expect(server.requests).toHaveLength(2);
  });

  it('the order of groups and of extra does not matter', async () => {
    await ask();
    await ask({ groups: [...identity.groups].reverse(), extra: { b: ['3'], a: ['1', '2'] } });
    expect(server.requests).toHaveLength(1);
  });
});
