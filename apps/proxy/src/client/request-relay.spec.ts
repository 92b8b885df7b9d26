import { ReadBuffers } from '../transfer/read-buffers';
import { RequestRelay } from './request-relay';

describe('RequestRelay', () => {
  const errors: string[] = [];
  const buffers = new ReadBuffers();
  const onError = ({ message }: Error): void => void errors.push(message);

  it('relays bodies once the self-test has passed, until it is stopped', async () => {
    const relay = new RequestRelay({ buffers, onError });
    expect(relay.buffers).toBeUndefined();
    await relay.start();
    expect(relay.buffers).toBe(buffers);
    relay.stop();
    expect(relay.buffers).toBeUndefined();
    expect(errors).toEqual([]);
  });

  it('relays none when the self-test fails, and reports it', async () => {
    const relay = new RequestRelay({ buffers, onError, test: () => Promise.reject(new Error('not here')) });
    await relay.start();
    expect(relay.buffers).toBeUndefined();
    expect(errors).toEqual(['not here']);
  });
});
