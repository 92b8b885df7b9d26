import { type DestinationStream, type Logger, symbols } from 'pino';
import { type LogFields } from './log-fields';

/** The fields of a line, by their names in {@link LogFields}. Undefined values are omitted. */
export type FlatFields = { readonly [Name in keyof typeof LogFields]?: string | number };

/** Internal properties of a pino logger. */
interface Parts {
  readonly [symbols.streamSym]: DestinationStream;
  readonly [symbols.timeSym]: () => string;
  /** The fields of every line, as JSON. */
  readonly [symbols.chindingsSym]: string;
}

/**
 * Returns a function that writes lines of level info with one message, for programs that log every request. The lines are the same as those
 * of the logger, without the steps that such lines do not need. Nothing has to be redacted, because only the fields of {@link LogFields} are
 * possible.
 */
export function flatLog(logger: Logger, message: string): (fields: FlatFields) => void {
  const parts = logger as Logger & Parts;
  const end = `,"msg":${JSON.stringify(message)}}\n`;
  return (fields) => {
    if (!logger.isLevelEnabled('info')) {
      return;
    }
    const json = JSON.stringify(fields).slice(1, -1);
    const start = `{"level":"info"${parts[symbols.timeSym]()}${parts[symbols.chindingsSym]}`;
    parts[symbols.streamSym].write(json === '' ? start + end : `${start},${json}${end}`);
  };
}
