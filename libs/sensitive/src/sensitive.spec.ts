import { randomBytes } from 'node:crypto';
import { format, inspect } from 'node:util';
import { Sensitive } from './sensitive';

describe('Sensitive', () => {
  const secret = new Sensitive('hunter2');

  it.each([
    ['a template string', `${String(secret)}`],
    ['concatenation', 'password=' + String(secret)],
    ['JSON', JSON.stringify({ password: secret })],
    ['util.inspect', inspect({ password: secret }, { showHidden: true, depth: null })],
    ['util.format %s', format('%s', secret)],
    ['util.format %o', format('%o', secret)],
    ['object spread', JSON.stringify({ ...secret })],
    ['an error message', new Error(`refused: ${String(secret)}`).message],
  ])('does not show in %s', (_name, printed) => {
    expect(printed).not.toContain('hunter2');
  });

  it('returns the value only by reveal', () => {
    expect(secret.reveal()).toBe('hunter2');
    expect(secret.isEmpty).toBe(false);
    expect(new Sensitive('').isEmpty).toBe(true);
  });

  it('compares by value', () => {
    expect(secret.equals(new Sensitive('hunter2'))).toBe(true);
    expect(secret.equals(new Sensitive('hunter3'))).toBe(false);
    expect(secret.equals(new Sensitive('hunter22'))).toBe(false);
  });

  it('has a fingerprint that depends on the value and on the key', () => {
    const key = randomBytes(32);
    expect(secret.fingerprint(key)).toBe(new Sensitive('hunter2').fingerprint(key));
    expect(secret.fingerprint(key)).not.toBe(new Sensitive('hunter3').fingerprint(key));
    expect(secret.fingerprint(key)).not.toBe(secret.fingerprint(randomBytes(32)));
    expect(secret.fingerprint(key)).not.toContain('hunter2');
  });
});
