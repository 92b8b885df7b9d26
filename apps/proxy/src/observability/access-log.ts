import { type Clock } from '@oci-connector/clock';
import { type FlatFields, flatLog } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ProxyError } from '../proxy.errors';
import { type Transfer } from '../transfer/transfer';
import { type AccessRecord } from './access-record';
import { LogSampler } from './log-sampler';

/** From here on a request failed for a reason that is not the client's. */
const SERVER_ERROR = 500;

/** The configuration of the Connector is at fault (ADR 22). */
const FAILED_DEPENDENCY = 424;

const MESSAGE = 'request';

/** Of the line that tells what {@link LogSampler} left out. */
const UNLOGGED_MESSAGE = 'requests without a line of their own';

/**
 * Writes one line for each request: who, which Connector, what, with what outcome. Never a URL, a query, a header or a
 * token (rule C14). Of requests whose client is not known, and of errors, only some are written in a second; the rest is counted.
 */
export class AccessLog {
  readonly #write: (fields: FlatFields) => void;
  readonly #sampler: LogSampler;

  constructor(
    private readonly logger: Logger,
    clock: Clock,
  ) {
    this.#write = flatLog(logger, MESSAGE);
    this.#sampler = new LogSampler({ clock, summarize: (unlogged) => logger.info({ unlogged }, UNLOGGED_MESSAGE) });
  }

  finished(record: AccessRecord, transfer: Transfer, { status, durationMs }: { status?: number; durationMs: number }): void {
    const isSampled = record.client === undefined || isOurs(record, status);
    const isTaken = !isSampled || this.#sampler.takes(`${record.client === undefined ? '' : 'error '}${record.code ?? 'none'}`);
    if (record.client === undefined && !isTaken) {
      return;
    }
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
    // A client that is known has its line in any case; the error and its stack are most of it.
    if (isOurs(record, status)) {
      this.logger.warn(isTaken ? { ...fields, err: record.error } : fields, MESSAGE);
    } else {
      this.#write(fields);
    }
  }

  /** Writes what was refused before it became a request. */
  rejected(peer: string | undefined, { code, message }: ProxyError): void {
    if (this.#sampler.takes(`rejected ${code}`)) {
      this.logger.info({ peer, code }, `rejected: ${message}`);
    }
  }

  /** Tells the last counts. */
  close(): void {
    this.#sampler.close();
  }
}

/** Only what the proxy, its registries, the cluster or a Connector's configuration failed in comes with its error; what clients do wrong is in the code. */
function isOurs({ error }: AccessRecord, status: number | undefined): boolean {
  return error !== undefined && (status === undefined || status >= SERVER_ERROR || status === FAILED_DEPENDENCY);
}

/** `ok`: the answer went out whole, whatever its status. */
function outcomeOf(record: AccessRecord, { cancelled }: Transfer): string {
  if (cancelled) {
    return cancelled.reason;
  }
  if (record.truncated) {
    return 'truncated';
  }
  return record.code === undefined ? 'ok' : 'refused';
}
