import { type FlatFields, flatLog } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type Transfer } from '../transport/transfer';
import { type AccessRecord } from './access-record';

/** From here on a request failed for a reason that is not the client's. */
const SERVER_ERROR = 500;

const MESSAGE = 'request';

/**
 * Writes one line for each request: who, which Connector, what, with what outcome. Never a URL, a query, a header or a
 * token (rule C14).
 */
export class AccessLog {
  readonly #write: (fields: FlatFields) => void;

  constructor(private readonly logger: Logger) {
    this.#write = flatLog(logger, MESSAGE);
  }

  finished(record: AccessRecord, transfer: Transfer, { status, durationMs }: { status?: number; durationMs: number }): void {
    const fields: FlatFields = {
      client: record.client,
      peer: record.peer,
      connector: record.connector,
      method: record.method,
      route: record.route,
      action: record.action,
      repository: record.repository,
      status,
      upstreamStatus: record.upstreamStatus,
      code: record.code,
      outcome: outcomeOf(record, transfer),
      bytesIn: transfer.bytesIn,
      bytesOut: transfer.bytesOut,
      durationMs: Math.round(durationMs),
    };
    // Only what is ours to mend comes with its error; what clients do wrong is in the code.
    const isOurs = record.error !== undefined && (status === undefined || status >= SERVER_ERROR);
    if (isOurs) this.logger.warn({ ...fields, err: record.error }, MESSAGE);
    else this.#write(fields);
  }
}

/** `ok`: the answer went out whole, whatever its status. */
function outcomeOf(record: AccessRecord, { cancelled }: Transfer): string {
  if (cancelled) return cancelled.reason;
  if (record.truncated) return 'truncated';
  return record.code === undefined ? 'ok' : 'refused';
}
