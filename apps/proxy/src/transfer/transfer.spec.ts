import { Transfer } from './transfer';

describe('Transfer', () => {
  let now = 0;
  let passed: number[];
  let transfer: Transfer;

  beforeEach(() => {
    now = 0;
    passed = [];
    transfer = new Transfer(
      () => now,
      (bytes) => passed.push(bytes),
    );
  });

  it('counts each direction separately, reports each piece, and resets the idle time', () => {
    now = 10;
    expect(transfer.idleMs).toBe(10);
    transfer.received(3);
    expect(transfer.idleMs).toBe(0);
    now = 25;
    transfer.sent(5);
    expect([transfer.bytesIn, transfer.bytesOut, transfer.idleMs, passed]).toEqual([3, 5, 0, [3, 5]]);
  });

  it('counts no bytes for a movement outside a body', () => {
    now = 10;
    transfer.moved();
    expect([transfer.bytesIn, transfer.bytesOut, transfer.idleMs, passed]).toEqual([0, 0, 0, []]);
  });

  it('is cancelled with the first reason, which names the side that the proxy waits for', () => {
    let clientsTurn = true;
    transfer.blame(() => clientsTurn);
    transfer.cancelIdle();
    expect(transfer.cancelled?.reason).toBe('client-silent');
    clientsTurn = false;
    transfer.cancelIdle();
    expect(transfer.cancelled?.reason).toBe('client-silent');
  });

  it('is not cancelled for silence when a given function decides', () => {
    const decide = jest.fn();
    transfer.whenIdle(decide);
    transfer.cancelIdle();
    expect([transfer.cancelled, decide.mock.calls.length, transfer.signal.aborted]).toEqual([undefined, 1, false]);
  });

  it('notifies listeners and the signal of a cancellation, but no removed listener', () => {
    const [heard, takenBack] = [jest.fn(), jest.fn()];
    transfer.onCancel(heard);
    transfer.onCancel(takenBack);
    transfer.offCancel(takenBack);
    const { signal } = transfer;
    transfer.cancel('shutdown');
    expect([heard.mock.calls, takenBack.mock.calls, signal.reason]).toEqual([[[transfer.cancelled]], [], transfer.cancelled]);
  });

  it('runs the actions for its end once, in reverse order', () => {
    const done: string[] = [];
    transfer.atEnd(() => done.push('first'));
    transfer.atEnd(() => done.push('second'));
    transfer.cancel('client-aborted');
    expect(done).toEqual([]);
    transfer.end();
    transfer.end();
    expect(done).toEqual(['second', 'first']);
  });
});
