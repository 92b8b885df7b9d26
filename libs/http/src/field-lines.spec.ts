import { eachField, FIELD_LINE, trimmed } from './field-lines';

const LINE = new RegExp(`^${FIELD_LINE}$`);

describe('FIELD_LINE', () => {
  it.each(['a:\r\n', 'A-b: c\r\n', "!#$%&'*+-.^_`|~9:\t\xff \r\n"])('matches %j', (line) => {
    expect(LINE.test(line)).toBe(true);
  });

  it.each(['a: b', 'a: b\n', 'a : b\r\n', ' a: b\r\n', ': b\r\n', 'a b: c\r\n', 'a: b\0\r\n', 'a: b\rc\r\n', 'a: \x7f\r\n', '\xe4: b\r\n'])(
    'does not match %j',
    (line) => {
      expect(LINE.test(line)).toBe(false);
    },
  );
});

describe('eachField', () => {
  const fieldsOf = (text: string, from = 0): [string, string][] | undefined => {
    const fields: [string, string][] = [];
    const isRead = eachField(text, from, (name, start, end) => {
      fields.push([name, trimmed(text, start, end)]);
      return name !== 'stop';
    });
    return isRead ? fields : undefined;
  };

  it('tells name and value of each line', () => {
    expect(fieldsOf('first line\r\nA: b\r\nc:\r\nD:\t e f \r\n', 'first line\r\n'.length)).toEqual([
      ['A', 'b'],
      ['c', ''],
      ['D', 'e f'],
    ]);
    expect(fieldsOf('')).toEqual([]);
  });

  it('ends when it is told to', () => {
    expect(fieldsOf('a: b\r\nstop: c\r\n')).toBeUndefined();
  });

  it.each(['__proto__', 'Constructor'])('ends at the name %s', (name) => {
    expect(fieldsOf(`${name}: b\r\n`)).toBeUndefined();
  });
});
