import { FairQueue } from './fair-queue';

describe('FairQueue', () => {
  it('lets owners take turns, and keeps the order of the items of each owner', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) {
      queue.push(item.charAt(0), item);
    }
    expect([queue.size, queue.sizeOf('a'), queue.sizeOf('d')]).toEqual([6, 3, 0]);
    expect([queue.shift(), queue.shift()]).toEqual(['a1', 'b1']);
    queue.push('d', 'd1');
    expect(Array.from({ length: 6 }, () => queue.shift())).toEqual(['c1', 'a2', 'b2', 'd1', 'a3', undefined]);
    expect([queue.size, queue.sizeOf('a')]).toEqual([0, 0]);
  });

  it('makes room by the newest item of the owner with the most items, if it has at least two more than the owner that asks', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'b1', 'b2', 'b3', 'c1', 'c2']) {
      queue.push(item.charAt(0), item);
    }
    expect([queue.makeRoomFor('b'), queue.makeRoomFor('c')]).toEqual([undefined, undefined]);
    expect([queue.makeRoomFor('a'), queue.size, queue.sizeOf('b')]).toEqual(['b3', 5, 2]);
    expect(queue.makeRoomFor('d')).toBe('b2');
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual(['a1', 'b1', 'c1', 'c2', undefined]);
    expect(queue.makeRoomFor('d')).toBeUndefined();
  });
});
