import { type ServerResponse } from 'node:http';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse } from '../test/api-server';
import { settle } from '../test/settle';
import { type AccessAttributes, AccessReviewer } from './access-reviewer';
import { KubeUnreachableError, ReviewUnavailableError } from './kube.errors';
import { KubeClient } from './kube-client';
import { Reachability } from './reachability';
import { type ClientIdentity } from './token-reviewer';

const MINUTE = 60_000;
const identity: ClientIdentity = {
  username: 'system:serviceaccount:team-a:builder',
  uid: 'sa-uid',
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra: { a: ['1', '2'], b: ['3'] },
};
const attributes: AccessAttributes = {
  verb: 'get',
  group: 'connectors.alauda.io',
  resource: 'connectors',
  subresource: 'proxy',
  namespace: 'team-b',
  name: 'harbor',
};

let server: ApiServer;
let client: KubeClient;
let clock: ManualClock;
let reviewer: AccessReviewer;
let outcomes: string[];
let respond: (response: ServerResponse) => void;

const status = (value: unknown) => (response: ServerResponse) =>
  json(response, 201, { kind: 'SubjectAccessReview', metadata: {}, status: value });
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
  it('asks with everything that is known of the client', async () => {
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
    ['allowed, with a broken binding beside it', { allowed: true, evaluationError: 'role not found' }, true],
    ['not allowed', { allowed: false }, false],
    ['not mentioned', {}, false],
    ['denied', { allowed: false, denied: true }, false],
    ['both', { allowed: true, denied: true }, false],
    ['text', { allowed: 'true' }, false],
  ])('%s', async (_name, answer, expected) => {
    respond = status(answer);
    expect(await ask()).toBe(expected);
  });

  it('remembers a yes for ten seconds, a no for three', async () => {
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

  describe('a yes that is used after eight seconds', () => {
    const answered = (outcome: 'miss' | 'error', times: number): Promise<unknown> =>
      eventually(() => outcomes.filter((one) => one === `access ${outcome}`).length === times);

    it('is asked for again, once, while it serves on', async () => {
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

    it('is used no longer than ten seconds when it cannot be had again', async () => {
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

    it('is used no longer than until it has become a no', async () => {
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

  it('tells a remembered yes at once, and nothing else', async () => {
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

  it('does not remember a no that came with an error', async () => {
    respond = status({ allowed: false, evaluationError: 'webhook timed out' });
    expect([await ask(), await ask()]).toEqual([false, false]);
    expect(server.requests).toHaveLength(2);
  });

  it('asks once for callers at the same time', async () => {
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([true, true, true]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('C12 an answer serves only for the same question', () => {
  it.each<[string, Partial<ClientIdentity>, Partial<AccessAttributes>]>([
    ['user', { username: 'system:serviceaccount:team-a:other' }, {}],
    ['uid: a ServiceAccount made anew under the same name', { uid: 'another' }, {}],
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
  ])('another %s is asked anew', async (_name, who, what) => {
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

describe('C10 fail-open', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['429', (response) => refuse(response, 429, 'TooManyRequests')],
    ['403', (response) => refuse(response, 403, 'Forbidden')],
    ['503', (response) => refuse(response, 503, 'ServiceUnavailable')],
    ['garbage', (response) => void response.end('yes')],
    ['no status', (response) => json(response, 201, { kind: 'SubjectAccessReview' })],
    ['another object', (response) => json(response, 201, { kind: 'Pod', status: { allowed: true } })],
  ])('%s is no yes, and does not revive an older one', async (_name, answer) => {
    await ask();
    clock.advance(10_000);
    respond = answer;
    await expect(ask()).rejects.toThrow(ReviewUnavailableError);
    respond = status({ allowed: true });
    expect(await ask()).toBe(true);
    expect(outcomes).toEqual(['access miss', 'access error', 'access miss']);
  });

  it('API server unreachable: an older yes serves on for five minutes, a no or a new question does not', async () => {
    await ask();
    respond = status({ allowed: false });
    await ask({}, { verb: 'update' });
    await server.close();
    clock.advance(5 * MINUTE);
    expect(await ask()).toBe(true);
    await expect(ask({}, { verb: 'update' })).rejects.toThrow(ReviewUnavailableError);
    await expect(ask({}, { verb: 'delete' })).rejects.toThrow(ReviewUnavailableError);
    clock.advance(1);
    await expect(ask()).rejects.toThrow(ReviewUnavailableError);
  });

  it('API server unreachable: not beyond the expiry of the token that was reviewed', async () => {
    const tokenExpiresAt = clock.now() + MINUTE;
    await ask({ tokenExpiresAt });
    await server.close();
    clock.advance(MINUTE - 1);
    expect(await ask({ tokenExpiresAt })).toBe(true);
    clock.advance(1);
    await expect(ask({ tokenExpiresAt })).rejects.toThrow(ReviewUnavailableError);
  });

  describe('API server hangs', () => {
    const HOUR = 60 * MINUTE;
    let requestClock: ManualClock;
    let reachability: Reachability;

    beforeEach(async () => {
      await client.close();
      requestClock = new ManualClock();
      client = KubeClient.fromConnection(server.connection(), { clock: requestClock });
      reachability = new Reachability(clock);
      reviewer = new AccessReviewer({ client, clock, reachability });
    });

    /** The next request gets no answer, and its caller waits for all of its timeout. */
    async function findOut(): Promise<boolean> {
      const before = server.requests.length;
      respond = () => undefined;
      const asking = ask();
      await eventually(() => server.requests.length > before);
      requestClock.advance(5_000);
      return asking;
    }

    it('once one call has found out, an older yes is given at once, and the others wait for nothing', async () => {
      const patient = new AccessReviewer({ client, clock, reachability, timeoutMs: HOUR });
      expect([await ask(), await patient.isAllowed(identity, attributes)]).toEqual([true, true]);
      clock.advance(10_000);
      expect(await findOut()).toBe(true);
      expect(await patient.isAllowed(identity, attributes)).toBe(true);
      // In the background, where nobody waits for them: this one, and once a second the one that found out.
      await eventually(() => server.requests.length === 4);
      clock.advance(1_000);
      await eventually(() => server.requests.length === 5);
      expect(await patient.isAllowed(identity, attributes)).toBe(true);
      clock.advance(5 * MINUTE);
      const tooOld = ask();
      await eventually(() => server.requests.length === 6);
      requestClock.advance(5_000);
      await expect(tooOld).rejects.toThrow(ReviewUnavailableError);
    });

    it('an older yes serves no longer than the outage', async () => {
      await ask();
      clock.advance(10_000);
      await findOut();
      respond = status({ allowed: false });
      expect(await ask()).toBe(true);
      clock.advance(1_000);
      await eventually(() => reachability.outage === undefined);
      expect(await ask()).toBe(false);
    });

    it('C12 revocation: what others found does not keep a permission that was taken away, when this question is answered', async () => {
      await ask();
      clock.advance(10_000);
      await expect(reachability.observed(() => Promise.reject(new KubeUnreachableError('no review of tokens')))).rejects.toThrow();
      respond = status({ allowed: false });
      expect(await ask()).toBe(true);
      await eventually(() => reachability.outage === undefined);
      expect(await ask()).toBe(false);
    });

    it('C12 revocation: an answer that was long under way does not replace the answer to a later question', async () => {
      await ask();
      clock.advance(10_000);
      await findOut();
      let answerLate: (() => void) | undefined;
      respond = (response) => (answerLate = () => status({ allowed: true })(response));
      expect(await ask()).toBe(true);
      await eventually(() => answerLate !== undefined);
      await reachability.observed(() => Promise.resolve());
      clock.advance(1);
      respond = status({ allowed: false });
      expect(await ask()).toBe(false);
      answerLate?.();
      await settle();
      expect(await ask()).toBe(false);
    });

    it('an outage that nobody relies on is forgotten, not watched for ever', async () => {
      await ask();
      clock.advance(10_000);
      await findOut();
      expect(clock.timers).toEqual([1_000]);
      clock.advance(60_000);
      await settle();
      expect(clock.timers).toEqual([]);
      expect(server.requests).toHaveLength(2);
      respond = status({ allowed: false });
      expect(await ask()).toBe(false);
    });
  });
});
