import { ManualClock } from '@oci-connector/testing-kit';
import { settle } from '../test/settle';
import { KubeResponseError, KubeUnreachableError } from './kube.errors';
import { Reachability } from './reachability';

describe('one call without a response is not an outage', () => {
  const clock = new ManualClock();
  let probe: () => Promise<unknown>;
  let probes: number;
  let reachability: Reachability;
  const fail = (error: Error) => (): Promise<never> => Promise.reject(error);
  const silent = fail(new KubeUnreachableError('no answer in time'));

  beforeEach(() => {
    probes = 0;
    reachability = new Reachability(clock, () => {
      probes += 1;
      return probe();
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['is answered', () => Promise.resolve({})],
    ['is refused', fail(new KubeResponseError('ResponseInvalid', 'no'))],
  ])('while a simple one %s', async (_what, answer) => {
    probe = answer;
    await expect(reachability.observed(silent)).rejects.toThrow('no answer in time');
    expect([reachability.outage, probes]).toEqual([undefined, 1]);
  });

  it('is an outage when the simple call gets no response either, and ends with a response to that', async () => {
    probe = silent;
    await Promise.allSettled([reachability.observed(silent), reachability.observed(silent)]);
    expect(reachability.outage).toBeInstanceOf(KubeUnreachableError);
    // A known outage causes no further simple calls.
    await expect(reachability.observed(silent)).rejects.toThrow();
    expect(probes).toBe(1);
    probe = () => Promise.resolve({});
    clock.advance(1_000);
    await settle();
    expect(reachability.outage).toBeUndefined();
  });
});
