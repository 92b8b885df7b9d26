import { LogFields } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type Transfer } from '../transport/transfer';
import { type AccessRecord } from './access-record';

/** From here on a request failed for a reason that is not the client's. */
const SERVER_ERROR = 500;

/**
 * Writes one line for each request: who, which Connector, what, with what outcome. Never a URL, a query, a header or a
 * token (rule C14).
 */
export function logAccess(logger: Logger, record: AccessRecord, transfer: Transfer, result: { status?: number; durationMs: number }): void {
  const { status, durationMs } = result;
  const fields = {
    [LogFields.client]: record.client,
    [LogFields.peer]: record.peer,
    [LogFields.connector]: record.connector,
    [LogFields.method]: record.method,
    [LogFields.route]: record.route,
    [LogFields.action]: record.action,
    [LogFields.repository]: record.repository,
    [LogFields.status]: status,
    [LogFields.upstreamStatus]: record.upstreamStatus,
    [LogFields.code]: record.code,
    [LogFields.outcome]: outcomeOf(record, transfer),
    [LogFields.bytesIn]: transfer.bytesIn,
    [LogFields.bytesOut]: transfer.bytesOut,
    [LogFields.durationMs]: Math.round(durationMs),
  };
  // Only what is ours to mend comes with its error; what clients do wrong is in the code.
  if (record.error !== undefined && (status === undefined || status >= SERVER_ERROR)) {
    logger.warn({ ...fields, err: record.error }, 'request');
  } else {
    logger.info(fields, 'request');
  }
}

/** `ok`: the answer went out whole, whatever its status. */
function outcomeOf(record: AccessRecord, { cancelled }: Transfer): string {
  if (cancelled) return cancelled.reason;
  if (record.truncated) return 'truncated';
  return record.code === undefined ? 'ok' : 'refused';
}
