import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { GivenResponse } from '../../test/given-response';
import { type BodyConsumer } from '../transfer/body';
import { discardBody, readBody } from './read-body';

const bodyOf = (...pieces: string[]): GivenResponse => new GivenResponse(200, {}, Readable.from(pieces.map((piece) => Buffer.from(piece))));

/** A body that is all here, and complete, before anybody asks for it: nothing can be cut off any more. */
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
    ['on its way', () => bodyOf('abc', 'def')],
    ['that is all here', () => complete('abc', 'def')],
  ])('refuses a longer body %s, and returns no part of it', async (_what, body) => {
    await expect(readBody(body(), 5)).rejects.toMatchObject({ code: 'UpstreamTooLarge' });
  });

  it('rejects when the body breaks off', async () => {
    const source = new PassThrough();
    const read = readBody(new GivenResponse(200, {}, source), 5);
    source.destroy(new Error('broken off'));
    await expect(read).rejects.toThrow('broken off');
  });

  it('cuts off a body that does not come in time', async () => {
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

  it('reads a short body to its end, and cuts nothing', () => {
    jest.useFakeTimers();
    const body = complete('abc');
    discardBody(body);
    jest.advanceTimersByTime(10_000);
    expect(body.cancel).not.toHaveBeenCalled();
  });

  it('cuts a long one off', async () => {
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
    expect(source.errored?.message).toContain('not wanted');
  });

  it('cuts one off that does not come to its end', () => {
    jest.useFakeTimers();
    const cancel = jest.fn();
    discardBody({ consume: () => undefined, resume: () => undefined, cancel });
    jest.advanceTimersByTime(999);
    expect(cancel).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(cancel).toHaveBeenCalledTimes(1);
  });
});
