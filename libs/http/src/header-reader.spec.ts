import { HeaderReader } from './header-reader';

describe('HeaderReader', () => {
  const WORD = /[a-z]+/y;
  const COMMA = /,[ ]*/y;

  it('takes one match after another, and stays where a pattern does not match', () => {
    const reader = new HeaderReader('one, two');
    expect(reader.take(COMMA)).toBeUndefined();
    expect(reader.position).toBe(0);
    expect(reader.take(WORD)?.[0]).toBe('one');
    expect(reader.take(COMMA)?.[0]).toBe(', ');
    expect([reader.position, reader.atEnd]).toEqual([5, false]);
    expect(reader.take(WORD)?.[0]).toBe('two');
    expect([reader.atEnd, reader.take(WORD)]).toEqual([true, undefined]);
  });

  it('shares its patterns with other readers', () => {
    const [one, other] = [new HeaderReader('ab,cd'), new HeaderReader('xyz')];
    one.take(WORD);
    expect(other.take(WORD)?.[0]).toBe('xyz');
    expect(one.take(COMMA)?.[0]).toBe(',');
    expect(one.take(WORD)?.[0]).toBe('cd');
  });
});
