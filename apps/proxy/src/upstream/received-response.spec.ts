import { type Dispatcher } from 'undici';
import { type BodyConsumer } from '../transfer/body';
import { Transfer } from '../transfer/transfer';
import { ReceivedResponse } from './received-response';

/** Records each chunk, and requests more while `wantsMore` is true. */
class Taker implements BodyConsumer {
  readonly taken: string[] = [];
  wantsMore = true;

  chunk(piece: Buffer): boolean {
    this.taken.push(piece.toString());
    return this.wantsMore;
  }

  end(): void {
    this.taken.push('END');
  }

  fail(error: Error): void {
    this.taken.push(error.message);
  }
}

describe('ReceivedResponse', () => {
  const piece = (text: string): Buffer => Buffer.from(text);
  let calls: string[];
  let transfer: Transfer;
  let now: number;
  let response: ReceivedResponse;

  beforeEach(() => {
    calls = [];
    now = 0;
    transfer = new Transfer(() => now);
    const controller = {
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
      abort: () => calls.push('abort'),
    } as unknown as Dispatcher.DispatchController;
    response = new ReceivedResponse({ controller, status: 200, headers: {}, early: false, transfer });
  });

  it('gives a new consumer the chunks that already arrived, then each further chunk as it arrives', () => {
    response.push(piece('a'));
    response.push(piece('b'));
    const taker = new Taker();
    response.consume(taker);
    response.push(piece('c'));
    response.end();
    response.end();
    expect([taker.taken, calls]).toEqual([['a', 'b', 'c', 'END'], ['resume']]);
  });

  it('pauses the upstream at 64 KiB without a consumer', () => {
    response.push(Buffer.alloc(64 * 1024 - 1));
    expect(calls).toEqual([]);
    response.push(piece('x'));
    expect(calls).toEqual(['pause']);
  });

  it('pauses when the consumer wants no more, and continues on resume', () => {
    const taker = new Taker();
    response.consume(taker);
    taker.wantsMore = false;
    response.push(piece('a'));
    response.resume();
    expect(calls).toEqual(['resume', 'pause', 'resume']);
  });

  it('stays paused when the consumer wants no more than the chunks that already arrived', () => {
    const taker = new Taker();
    taker.wantsMore = false;
    response.push(piece('a'));
    response.consume(taker);
    expect([taker.taken, calls]).toEqual([['a'], ['pause']]);
  });

  it('skips empty chunks, and counts each other one as progress of the transfer', () => {
    const taker = new Taker();
    response.consume(taker);
    now = 10;
    response.push(Buffer.alloc(0));
    expect([taker.taken, transfer.idleMs]).toEqual([[], 10]);
    response.push(piece('a'));
    expect([taker.taken, transfer.idleMs, transfer.bytesOut]).toEqual([['a'], 0, 0]);
  });

  it.each(['before', 'after'])('reports a broken body to a consumer that was set %s the failure, and never reports the end', (when) => {
    const taker = new Taker();
    response.push(piece('a'));
    if (when === 'before') {
      response.consume(taker);
    }
    response.fail(new Error('broken off'));
    if (when === 'after') {
      response.consume(taker);
    }
    expect(taker.taken).toEqual(['a', 'broken off']);
  });

  it('cancels only a body that is not complete', () => {
    response.cancel(new Error('enough'));
    expect(calls).toEqual(['abort']);
    response.end();
    response.cancel(new Error('enough'));
    response.fail(new Error('too late'));
    const taker = new Taker();
    response.consume(taker);
    expect([taker.taken, calls]).toEqual([['END'], ['abort']]);
  });
});
