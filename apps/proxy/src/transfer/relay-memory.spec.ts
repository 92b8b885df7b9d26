import { ReadBuffers } from './read-buffers';
import { RelayMemory } from './relay-memory';

describe('RelayMemory', () => {
  let buffers: ReadBuffers;
  let memory: RelayMemory;

  beforeEach(() => {
    buffers = new ReadBuffers();
    memory = new RelayMemory(buffers);
  });

  /** Reads bytes into the target, as a connection does. */
  function read(bytes: number): Buffer {
    const piece = memory.target()?.subarray(0, bytes);
    if (piece === undefined) {
      throw new Error('there is no target');
    }
    memory.filled(piece);
    return piece;
  }

  it('has no buffer until one is borrowed', () => {
    expect(memory.target()).toBeUndefined();
    expect(memory.take()).toBeUndefined();
    memory.borrow();
    memory.borrow();
    expect(buffers.lent).toBe(1);
    expect(memory.target()?.length).toBe(memory.room);
  });

  it('fills behind what is being written, and from the start once all is written', () => {
    memory.borrow();
    const [first, second] = [read(10), read(20)];
    expect(second.byteOffset).toBe(first.byteOffset + 10);
    expect(memory.take()).toHaveLength(30);
    expect(memory.take()).toBeUndefined();
    const third = read(5);
    expect(third.byteOffset).toBe(30);
    memory.written();
    expect(memory.isWritten).toBe(true);
    expect(memory.target()?.byteOffset).toBe(35);
    expect(memory.take()).toHaveLength(5);
    memory.written();
    expect(memory.target()?.byteOffset).toBe(0);
  });

  it('gives no target that is too short to read into', () => {
    memory.borrow();
    read(memory.room - 100);
    expect(memory.target()).toBeUndefined();
  });

  it('refuses a piece that is not behind the one before', () => {
    memory.borrow();
    const target = memory.target() as Buffer;
    expect(() => memory.filled(target.subarray(1, 2))).toThrow('not behind');
    expect(() => memory.filled(Buffer.alloc(1))).toThrow('not behind');
  });

  it('keeps the buffer until the last piece is written, and then gives it back once', () => {
    memory.borrow();
    read(10);
    memory.take();
    memory.close();
    expect(buffers.lent).toBe(1);
    memory.written();
    memory.written();
    memory.abandon();
    expect(buffers.lent).toBe(0);
    memory.borrow();
    expect(buffers.lent).toBe(0);
  });

  it('never lends a buffer again that something may still read', () => {
    memory.borrow();
    const piece = read(10);
    memory.take();
    memory.close();
    memory.abandon();
    expect(buffers.lent).toBe(0);
    memory.written();
    expect(buffers.lent).toBe(0);
    expect(buffers.borrow()?.buffer).not.toBe(piece.buffer);
  });

  it('releases only an unused buffer', () => {
    memory.borrow();
    read(10);
    memory.release();
    expect(buffers.lent).toBe(1);
    memory.take();
    memory.release();
    expect(buffers.lent).toBe(1);
    memory.written();
    memory.release();
    expect(buffers.lent).toBe(0);
  });
});
