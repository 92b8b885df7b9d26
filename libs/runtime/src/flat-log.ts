import { type DestinationStream, type Logger, symbols } from 'pino';
import { type LogFields } from './log-fields';

/** Fields of a line that has nothing else, by their names in {@link LogFields}; what is undefined is left out. */
export type FlatFields = { readonly [Name in keyof typeof LogFields]?: string | number };

/** What pino keeps for its own lines. */
interface Parts {
  readonly [symbols.streamSym]: DestinationStream;
  readonly [symbols.timeSym]: () => string;
  /** The fields of every line, as JSON. */
  readonly [symbols.chindingsSym]: string;
}

/**
 * Makes what writes lines of level info with one message, as the logger does, without its steps for what such lines do not have: for programs that write one
 * with every request. There is nothing to redact, because no other fields than those of {@link LogFields} can be given.
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
