import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '@oci-connector/testing-kit';
import { parseAddress } from './ip-address';
import { RefusedHosts } from './refused-hosts';

const OWN = parseAddress('10.0.0.1') as Uint8Array;
const NEXT = parseAddress('10.0.0.2') as Uint8Array;

describe('the addresses of refused names', () => {
  let clock: ManualClock;
  let asked: number;
  let answer: () => Promise<readonly { address: string }[]>;
  let refused: RefusedHosts;

  beforeEach(() => {
    clock = new ManualClock();
    asked = 0;
    answer = async () => [{ address: '10.0.0.1' }];
    const lookup = (): Promise<readonly { address: string }[]> => {
      asked += 1;
      return answer();
    };
    refused = new RefusedHosts({ entries: ['own.test'], lookup, clock });
  });

  afterEach(() => expect(clock.timers).toEqual([]));

  it('are believed for a minute of the clock that is handed in, and serve while they are asked for again', async () => {
    expect(await refused.hasAddress(OWN, 0)).toBe(true);
    clock.advance(59_999);
    expect(await refused.hasAddress(OWN, 0)).toBe(true);
    expect(asked).toBe(1);
    clock.advance(1);
    let found: (addresses: readonly { address: string }[]) => void = () => undefined;
    answer = () => new Promise((resolve) => (found = resolve));
    expect(await refused.hasAddress(OWN, 0)).toBe(true);
    expect(asked).toBe(2);
    found([{ address: '10.0.0.2' }]);
    await turn();
    expect(await refused.hasAddress(NEXT, 0)).toBe(true);
  });

  it('are waited for once, and for a second at most', async () => {
    let found: (addresses: readonly { address: string }[]) => void = () => undefined;
    answer = () => new Promise((resolve) => (found = resolve));
    const first = refused.hasAddress(OWN, 0);
    expect(clock.timers).toEqual([1_000]);
    clock.advance(1_000);
    expect(await first).toBe(false);
    found([{ address: '10.0.0.1' }]);
    expect(await refused.hasAddress(OWN, 0)).toBe(true);
    expect(asked).toBe(1);
  });

  it('are asked for again after five seconds when they could not be had, and stay as they were', async () => {
    await refused.hasAddress(OWN, 0);
    clock.advance(60_000);
    answer = () => Promise.reject(new Error('no name server'));
    expect(await refused.hasAddress(OWN, 0)).toBe(true);
    await turn();
    clock.advance(5_000);
    expect(await refused.hasAddress(OWN, 0)).toBe(true);
    expect(asked).toBe(3);
  });
});
