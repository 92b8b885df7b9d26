import { type Authorized } from './proxy-exchange';
import { type OwnerLimits, RequestLimits } from './request-limits';

const FREE: OwnerLimits = { transfers: 0, requestsPerSecond: 0 };

function by(username: string, name: string): Authorized {
  return { identity: { username }, named: { namespace: 'team', name } } as Authorized;
}

describe('RequestLimits', () => {
  let now = 0;
  const limitsOf = (limits: { perConnector?: OwnerLimits; perClient?: OwnerLimits }): RequestLimits =>
    new RequestLimits({ perConnector: FREE, perClient: FREE, ...limits, now: () => now });
  const refused = (message: string, retryAfterSeconds: number): Error =>
    expect.objectContaining({ code: 'LimitReached', message, retryAfterSeconds }) as Error;

  beforeEach(() => {
    now = 0;
  });

  it('has no limit if the limit is 0', () => {
    const limits = limitsOf({});
    for (let count = 0; count < 1_000; count += 1) {
      limits.admit(by('a', 'x'));
    }
  });

  it('limits the concurrent requests of each Connector, and frees the place of a finished request', () => {
    const limits = limitsOf({ perConnector: { transfers: 2, requestsPerSecond: 0 } });
    const leave = limits.admit(by('a', 'x'));
    limits.admit(by('b', 'x'));
    expect(() => limits.admit(by('c', 'x'))).toThrow(
      refused('connector team/x already has 2 concurrent requests, which is the limit; try again later', 1),
    );
    limits.admit(by('c', 'y'));
    leave();
    limits.admit(by('c', 'x'));
  });

  it('reports the use of the busiest Connector and of the busiest client, and none without a limit', () => {
    const limits = limitsOf({ perConnector: { transfers: 4, requestsPerSecond: 0 }, perClient: { transfers: 10, requestsPerSecond: 0 } });
    limits.admit(by('a', 'x'));
    const leave = limits.admit(by('b', 'x'));
    limits.admit(by('b', 'y'));
    expect(limits.usage).toEqual({ connector: 0.5, client: 0.2 });
    leave();
    expect(limits.usage).toEqual({ connector: 0.25, client: 0.1 });
    const free = limitsOf({});
    free.admit(by('a', 'x'));
    expect(free.usage).toEqual({ connector: 0, client: 0 });
  });

  it("does not count a request against the client's limit when the Connector's limit refuses it", () => {
    const limits = limitsOf({ perConnector: { transfers: 1, requestsPerSecond: 0 }, perClient: { transfers: 2, requestsPerSecond: 0 } });
    limits.admit(by('a', 'x'));
    for (let count = 0; count < 5; count += 1) {
      expect(() => limits.admit(by('a', 'x'))).toThrow('connector team/x');
    }
    limits.admit(by('a', 'y'));
    expect(() => limits.admit(by('a', 'z'))).toThrow('client a already has 2');
  });

  it('limits the request rate of each client, with a burst of one second, and sets Retry-After', () => {
    const limits = limitsOf({ perClient: { transfers: 0, requestsPerSecond: 2 } });
    const request = (): void => limits.admit(by('a', 'x'))();
    request();
    request();
    expect(request).toThrow(refused('client a exceeds 2 requests per second; try again later', 1));
    limits.admit(by('b', 'x'))();
    now = 500;
    request();
    expect(request).toThrow('exceeds');
    now = 60_000;
    request();
    request();
    expect(request).toThrow('exceeds');
  });
});
