import { Sensitive } from '@oci-connector/sensitive';
import { CapturedLog } from '@oci-connector/testing-kit';
import { createLogger } from './logger';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): { text: string; line: Record<string, unknown> } {
  const destination = new CapturedLog();
  write(createLogger({ name: 'test', level: 'debug', destination }));
  return { text: destination.text, line: destination.entries[0] ?? {} };
}

describe('logger', () => {
  it('writes one JSON line with level, time and program', () => {
    const { line } = logged((logger) => logger.info({ connector: 'a/b' }, 'ready'));
    expect(line).toMatchObject({ level: 'info', program: 'test', connector: 'a/b', msg: 'ready' });
    expect(new Date(String(line['time'])).getTime()).not.toBeNaN();
  });

  it('escapes invisible and misleading characters of foreign text, without changing the parsed value', () => {
    const hidden = '\u202a\u202e\u2066\u2069\u200e\u200f\u061c\u200b\u2028\u0085\u007f';
    const { text, line } = logged((logger) => logger.warn({ connector: `ä${hidden}`, err: new Error(hidden) }, `m${hidden}`));
    expect(text).toMatch(/^[ -~ä]+\n$/);
    expect(line).toMatchObject({ connector: `ä${hidden}`, err: { message: hidden }, msg: `m${hidden}` });
  });

  it.each([
    ['a Sensitive', { secret: new Sensitive('hunter2') }],
    ['a header that is logged by mistake', { authorization: 'Bearer hunter2' }],
    ['headers that are logged by mistake', { request: { headers: { cookie: 'hunter2' } } }],
    ['a url that is logged by mistake', { upstream: { url: 'https://x/?sig=hunter2' } }],
  ])('C14 log leakage: redacts %s', (_name, fields) => {
    const { text } = logged((logger) => logger.warn(fields, 'careless'));
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('hunter2');
  });

  it('C14 log leakage: logs name, code, message and causes of an error, and no other properties', () => {
    const error = Object.assign(new Error('connect failed', { cause: new Error('refused') }), {
      code: 'ECONNREFUSED',
      requestHeaders: { authorization: 'hunter2' },
    });
    const { text, line } = logged((logger) => logger.error({ err: error }, 'oops'));
    expect(line['err']).toMatchObject({ code: 'ECONNREFUSED', message: 'connect failed', cause: { message: 'refused' } });
    expect(text).not.toContain('hunter2');
  });

  it('shortens the messages of errors, which a registry may have chosen, also in stacks and causes', () => {
    const long = `the host ${'x'.repeat(50_000)} end`;
    const { text, line } = logged((logger) => logger.warn({ err: new Error(long, { cause: new Error(long) }) }, 'oops'));
    expect(line['err']).toMatchObject({ message: expect.stringMatching(/^the host x+…$/) as string });
    expect(JSON.stringify(line['err'])).toMatch(/…\\n +at .*logger\.spec/);
    expect(text.length).toBeLessThan(20_000);
    expect(text).not.toContain('end');
  });
});
