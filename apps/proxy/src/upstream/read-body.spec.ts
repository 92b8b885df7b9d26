import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { GivenResponse } from '../../test/given-response';
import { type BodyConsumer } from '../transfer/body';
import { discardBody, readBody } from './read-body';

const bodyOf = (...pieces: string[]): GivenResponse => new GivenResponse(200, {}, Readable.from(pieces.map((piece) => Buffer.from(piece))));

/** A body that arrived completely before anything consumed it, so that it cannot be cancelled any more. */
function complete(...pieces: string[]): { consume(consumer: BodyConsumer): void; resume(): void; cancel: jest.Mock } {
  return {
    consume: (consumer) => {
      pieces.forEach((piece) => consumer.chunk(Buffer.from(piece)));
      consumer.end();
    },
    resume: () => undefined,
    cancel: jest.fn(),
  };
}

describe('readBody', () => {
  it('reads a body up to the limit', async () => {
    expect((await readBody(bodyOf('abc', 'de'), 5)).toString()).toBe('abcde');
    expect(await readBody(bodyOf(), 0)).toHaveLength(0);
  });

  it.each([
    ['that is still arriving', () => bodyOf('abc', 'def')],
    ['that has arrived completely', () => complete('abc', 'def')],
  ])('refuses a longer body %s, and returns no part of it', async (_what, body) => {
    await expect(readBody(body(), 5)).rejects.toMatchObject({ code: 'UpstreamTooLarge' });
  });

  it('rejects when the body ends early', async () => {
    const source = new PassThrough();
    const read = readBody(new GivenResponse(200, {}, source), 5);
    source.destroy(new Error('broken off'));
    await expect(read).rejects.toThrow('broken off');
  });

  it('cancels a body that is not complete in time', async () => {
    const source = new PassThrough();
    const closed = once(source, 'close').catch(() => undefined);
    await expect(readBody(new GivenResponse(200, {}, source), 5, 1)).rejects.toThrow('in time');
    await closed;
    expect(source.destroyed).toBe(true);
  });
});

describe('discardBody', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('reads a short body to its end without cancelling it', () => {
    jest.useFakeTimers();
    const body = complete('abc');
    discardBody(body);
    jest.advanceTimersByTime(10_000);
    expect(body.cancel).not.toHaveBeenCalled();
  });

  it('cancels a long body', async () => {
    const source = new PassThrough();
    discardBody(
      new GivenResponse(
        200,
        {},
        source.on('error', () => undefined),
      ),
    );
    source.write(Buffer.alloc(64 * 1024));
    source.write('x');
    await new Promise((resolve) => source.once('close', resolve));
    expect(source.errored?.message).toContain('is discarded');
  });

  it('cancels a body that does not end in time', () => {
    jest.useFakeTimers();
    const cancel = jest.fn();
    discardBody({ consume: () => undefined, resume: () => undefined, cancel });
    jest.advanceTimersByTime(999);
    expect(cancel).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(cancel).toHaveBeenCalledTimes(1);
  });
});
