import { ReviewUnavailableError, TokenRefusedError } from '@oci-connector/kube';
import { aConnector, ManualClock } from '@oci-connector/testing-kit';
import { ProxyError } from '../proxy.errors';
import { Transfer } from '../transfer/transfer';
import { leadsToTheSame, RepeatReviews, type ReviewedRequest } from './repeat-reviews';

const MINUTE = 60_000;

describe('RepeatReviews', () => {
  const clock = new ManualClock();
  const connector = aConnector();
  let transfer: Transfer;
  let answers: (() => Promise<ReviewedRequest>)[];
  let asked: number;
  let stop: () => void;

  function planned({ uid = 'u', origin = 'https://service', path = '/x', webSocket = true, lifetime = Infinity } = {}): ReviewedRequest {
    return {
      client: { transfer },
      identity: { tokenExpiresAt: clock.now() + lifetime },
      resolution: { connector: { ...connector, metadata: { ...connector.metadata, uid } } },
      plan: { target: { origin, path, purpose: 'connector', sendCredential: true }, webSocket: webSocket || undefined },
    };
  }

  function begin(options: Parameters<typeof planned>[0] = {}): void {
    const first = planned(options);
    stop = new RepeatReviews(clock).begin(first, async () => {
      asked += 1;
      return leadsToTheSame(first, await (answers.shift() ?? (() => Promise.resolve(first)))());
    });
  }

  /** Advances the clock, and waits until the result has been handled. */
  async function pass(ms: number): Promise<string | undefined> {
    clock.advance(ms);
    await new Promise(setImmediate);
    return transfer.cancelled?.reason;
  }

  beforeEach(() => {
    transfer = new Transfer(() => 0);
    answers = [];
    asked = 0;
  });

  afterEach(() => {
    stop();
    expect(clock.timers).toEqual([]);
  });

  it('repeats the review every minute until it is stopped', async () => {
    begin();
    expect(await pass(MINUTE - 1)).toBeUndefined();
    expect(asked).toBe(0);
    await pass(1);
    await pass(MINUTE);
    expect(asked).toBe(2);
    stop();
    expect(await pass(10 * MINUTE)).toBeUndefined();
    expect(asked).toBe(2);
  });

  it('repeats no review when it is stopped during one', async () => {
    let answer = (_planned: ReviewedRequest): void => undefined;
    answers = [() => new Promise((resolve) => (answer = resolve))];
    begin();
    await pass(MINUTE);
    stop();
    answer(planned());
    await pass(10 * MINUTE);
    expect(asked).toBe(1);
  });

  it('C12: ends when the token expires, without another review', async () => {
    begin({ lifetime: 90_000 });
    expect(await pass(MINUTE)).toBeUndefined();
    expect(await pass(29_999)).toBeUndefined();
    expect(await pass(1)).toBe('permission-ended');
    expect(asked).toBe(1);
  });

  it.each<[string, () => Promise<ReviewedRequest>]>([
    ['a token that is refused', () => Promise.reject(new TokenRefusedError('NotAuthenticated', 'no'))],
    ['a permission that is gone', () => Promise.reject(new ProxyError('PermissionDenied', 'no'))],
    ['a Connector that is gone', () => Promise.reject(new ProxyError('ConnectorNotFound', 'no'))],
    ['another Connector of the name', () => Promise.resolve(planned({ uid: 'v' }))],
    ['another address', () => Promise.resolve(planned({ origin: 'https://elsewhere' }))],
    ['another path in the address', () => Promise.resolve(planned({ path: '/other/x' }))],
    ['a class that allows it no more', () => Promise.resolve(planned({ webSocket: false }))],
    ['a defect', () => Promise.reject(new TypeError('x'))],
  ])('C12: ends with %s', async (_what, answer) => {
    begin();
    answers = [answer];
    expect(await pass(MINUTE)).toBe('permission-ended');
  });

  it('C10: continues for less than five minutes while reviews are unavailable', async () => {
    begin();
    const nobody = (): Promise<ReviewedRequest> => Promise.reject(new ReviewUnavailableError('no answer'));
    answers = [() => Promise.resolve(planned()), ...Array<() => Promise<ReviewedRequest>>(9).fill(nobody)];
    for (let minute = 1; minute <= 5; minute += 1) {
      expect(await pass(MINUTE)).toBeUndefined();
    }
    expect(await pass(MINUTE)).toBe('permission-ended');
  });

  it('restarts the five minutes after each successful review', async () => {
    begin();
    const nobody = (): Promise<ReviewedRequest> => Promise.reject(new ReviewUnavailableError('no answer'));
    answers = [
      ...Array<() => Promise<ReviewedRequest>>(4).fill(nobody),
      () => Promise.resolve(planned()),
      ...Array<() => Promise<ReviewedRequest>>(4).fill(nobody),
    ];
    for (let minute = 1; minute <= 10; minute += 1) {
      expect(await pass(MINUTE)).toBeUndefined();
    }
  });
});
