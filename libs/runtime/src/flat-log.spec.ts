import { CapturedLog } from '@oci-connector/testing-kit';
import { flatLog, type FlatFields } from './flat-log';
import { createLogger } from './logger';

/** Returns the line of the logger and the line of `flatLog`, with the same time. */
function lines(fields: FlatFields, level = 'info'): string[] {
  const destination = new CapturedLog();
  const logger = createLogger({ name: 'test', level, destination });
  jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
  logger.info(fields, 'request');
  flatLog(logger, 'request')(fields);
  jest.restoreAllMocks();
  return destination.lines;
}

describe('flatLog', () => {
  it.each<[string, FlatFields]>([
    ['texts and numbers', { client: 'team-a/ci', status: 200, bytesOut: 1_600, durationMs: 0 }],
    ['no fields', {}],
    ['undefined values', { client: undefined, method: 'GET' }],
    ['numbers that are not finite', { durationMs: NaN, bytesIn: Infinity }],
    ['characters that JSON escapes', { method: 'a"b\\c\n\u0001\u2028\ud800 ü 😀', peer: '' }],
  ])('writes the same line as the logger: %s', (_what, fields) => {
    const [expected, line] = lines(fields);
    expect(line).toBe(expected);
    expect(JSON.parse(line ?? '')).toMatchObject({ level: 'info', program: 'test', msg: 'request' });
  });

  it('writes nothing when the level is above info', () => {
    expect(lines({ status: 200 }, 'warn')).toEqual([]);
  });
});
