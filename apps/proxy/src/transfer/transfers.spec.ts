import { Transfers } from './transfers';

describe('Transfers', () => {
  let now = 0;
  const passed: number[] = [];
  let transfers: Transfers;

  beforeEach(() => {
    jest.useFakeTimers();
    now = 0;
    passed.splice(0);
    transfers = new Transfers(1_000, { now: () => now, passed: (bytes) => passed.push(bytes) });
  });

  afterEach(() => {
    transfers.close();
    jest.useRealTimers();
  });

  it('counts bytes in and out, and reports each piece', () => {
    const transfer = transfers.begin();
    transfer.received(3);
    transfer.sent(5);
    transfer.sent(7);
    expect([transfer.bytesIn, transfer.bytesOut, passed]).toEqual([3, 12, [3, 5, 7]]);
  });

  it('cancels only the transfers in which nothing moved for the limit', () => {
    const [idle, busy] = [transfers.begin(), transfers.begin()];
    idle.blame(() => true);
    now = 600;
    busy.moved();
    now = 1_000;
    jest.advanceTimersByTime(1_000);
    expect([idle.cancelled?.reason, busy.cancelled]).toEqual(['client-silent', undefined]);
  });

  it('keeps its list consistent, regardless of the order in which transfers end', async () => {
    const [first, second, third] = [transfers.begin(), transfers.begin(), transfers.begin()];
    const ended = jest.fn();
    first.atEnd(ended);
    transfers.end(first);
    transfers.end(first);
    expect([transfers.size, ended.mock.calls.length]).toEqual([2, 1]);
    const drained = jest.fn();
    const waiting = transfers.drained().then(drained);
    transfers.end(second);
    transfers.cancelAll();
    expect([second.cancelled, third.cancelled?.reason, transfers.size]).toEqual([undefined, 'shutdown', 1]);
    await Promise.resolve();
    expect(drained).not.toHaveBeenCalled();
    transfers.end(third);
    await waiting;
    await transfers.drained();
    expect(drained).toHaveBeenCalledTimes(1);
  });
});
