import { type ServerResponse } from 'node:http';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse } from '../test/api-server';
import { attributes, identity, reviewed } from '../test/reviews';
import { settle } from '../test/settle';
import { type AccessAttributes, AccessReviewer } from './access-reviewer';
import { KubeUnreachableError, ReviewUnavailableError } from './kube.errors';
import { KubeClient } from './kube-client';
import { Reachability } from './reachability';
import { type ClientIdentity } from './token-reviewer';

const MINUTE = 60_000;

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

describe('C10 fail-open', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['429', (response) => refuse(response, 429, 'TooManyRequests')],
    ['403', (response) => refuse(response, 403, 'Forbidden')],
    ['503', (response) => refuse(response, 503, 'ServiceUnavailable')],
    ['garbage', (response) => void response.end('yes')],
    ['no status', (response) => json(response, 201, { kind: 'SubjectAccessReview' })],
    ['another object', (response) => json(response, 201, { kind: 'Pod', status: { allowed: true } })],
  ])('%s is not a positive answer, and does not revive an older one', async (_name, answer) => {
    await ask();
    clock.advance(10_000);
    respond = answer;
    await expect(ask()).rejects.toThrow(ReviewUnavailableError);
    respond = status({ allowed: true });
    expect(await ask()).toBe(true);
    expect(outcomes).toEqual(['access miss', 'access error', 'access miss']);
  });

  it('API server unreachable: an older positive answer is used for five minutes, a negative one or a new request is not', async () => {
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

  it('API server unreachable: not after the expiry of the reviewed token', async () => {
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

    /** The next request gets no response, and its caller waits for the whole timeout. */
    async function findOut(): Promise<boolean> {
      const before = server.requests.length;
      respond = () => undefined;
      const asking = ask();
      await eventually(() => server.requests.length > before);
      requestClock.advance(5_000);
      return asking;
    }

    it('after one call has detected it, an older positive answer is used immediately, and the others do not wait', async () => {
      const patient = new AccessReviewer({ client, clock, reachability, timeoutMs: HOUR });
      expect([await ask(), await patient.isAllowed(identity, attributes)]).toEqual([true, true]);
      clock.advance(10_000);
      expect(await findOut()).toBe(true);
      expect(await patient.isAllowed(identity, attributes)).toBe(true);
      // In the background, without a waiting caller: this call, and once a second the call that detected the outage.
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

    it('an older positive answer is used no longer than the outage', async () => {
      await ask();
      clock.advance(10_000);
      await findOut();
      respond = status({ allowed: false });
      expect(await ask()).toBe(true);
      clock.advance(1_000);
      await eventually(() => reachability.outage === undefined);
      expect(await ask()).toBe(false);
    });

    it('C12 revocation: an outage that other calls detected does not keep a revoked permission when this call gets a response', async () => {
      await ask();
      clock.advance(10_000);
      await expect(reachability.observed(() => Promise.reject(new KubeUnreachableError('no review of tokens')))).rejects.toThrow();
      respond = status({ allowed: false });
      expect(await ask()).toBe(true);
      await eventually(() => reachability.outage === undefined);
      expect(await ask()).toBe(false);
    });

    it('C12 revocation: a late answer does not replace the answer to a later request', async () => {
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

    it('an outage that no caller asks for is forgotten, not watched forever', async () => {
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
