import { Cancellation, TransferCancelled } from './cancellation';

describe('Cancellation', () => {
  it('calls all listeners once, with the first reason', () => {
    const cancellation = new Cancellation();
    const heard: string[] = [];
    const takenBack = jest.fn();
    cancellation.on(({ reason }) => heard.push(`a ${reason}`));
    cancellation.on(takenBack);
    cancellation.on(({ reason }) => heard.push(`b ${reason}`));
    cancellation.off(takenBack);
    expect(cancellation.cancelled).toBeUndefined();
    cancellation.cancel('client-aborted');
    cancellation.cancel('shutdown');
    expect(heard).toEqual(['a client-aborted', 'b client-aborted']);
    expect(takenBack).not.toHaveBeenCalled();
    expect(cancellation.cancelled).toEqual(new TransferCancelled('client-aborted'));
  });

  it('calls a listener immediately if it is added after the cancellation', () => {
    const cancellation = new Cancellation();
    cancellation.cancel('shutdown');
    const listener = jest.fn();
    cancellation.on(listener);
    expect(listener).toHaveBeenCalledWith(cancellation.cancelled);
  });

  it.each(['before', 'after'])('aborts a signal that was created %s the cancellation', (when) => {
    const cancellation = new Cancellation();
    const early = when === 'before' ? cancellation.signal : undefined;
    expect(early?.aborted ?? false).toBe(false);
    cancellation.cancel('upstream-silent');
    const signal = early ?? cancellation.signal;
    expect([signal.aborted, signal.reason]).toEqual([true, cancellation.cancelled]);
  });
});
