import { ReadBuffers } from './read-buffers';

const MIB = 1024 * 1024;

describe('ReadBuffers', () => {
  let buffers: ReadBuffers;

  beforeEach(() => {
    buffers = new ReadBuffers();
  });

  function borrowAll(): Buffer[] {
    const all: Buffer[] = [];
    for (let buffer = buffers.borrow(); buffer; buffer = buffers.borrow()) {
      all.push(buffer);
    }
    return all;
  }

  it('lends 64 MiB, to the first borrowers in large buffers', () => {
    const all = borrowAll();
    expect(all.reduce((sum, { length }) => sum + length, 0)).toBe(64 * MIB);
    expect(new Set(all.slice(0, 16).map(({ length }) => length))).toEqual(new Set([MIB]));
    expect(new Set(all.slice(16).map(({ length }) => length))).toEqual(new Set([64 * 1024]));
    expect(buffers.lent).toBe(all.length);
  });

  it('lends each buffer to one borrower at a time', () => {
    const all = borrowAll();
    expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(all.length);
    const [first] = all;
    buffers.giveBack(first as Buffer);
    expect(buffers.borrow()).toBe(first);
    expect(buffers.borrow()).toBeUndefined();
  });

  it('keeps 6 MiB for later, and lends them again', () => {
    const all = borrowAll();
    all.forEach((buffer) => buffers.giveBack(buffer));
    const again = borrowAll().filter((buffer) => all.includes(buffer));
    expect(again.reduce((sum, { length }) => sum + length, 0)).toBe(6 * MIB);
  });
});
