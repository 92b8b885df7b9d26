import { type Clock } from '@oci-connector/clock';
import { type FlatFields, flatLog } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ProxyError } from '../proxy.errors';
import { type Transfer } from '../transfer/transfer';
import { type AccessRecord } from './access-record';
import { LogSampler } from './log-sampler';

/** From this status on, the reason of the failure is not in the request. */
const SERVER_ERROR = 500;

/** Status for an error in the Connector's configuration (ADR 22). */
const FAILED_DEPENDENCY = 424;

const MESSAGE = 'request';

/** Message of the line with the counts of the lines that {@link LogSampler} left out. */
const UNLOGGED_MESSAGE = 'requests without a line of their own';

/**
 * Writes one line for each request: client, Connector, action and outcome; never a URL, a query, a header or a token (rule C14).
 * Limits the lines of unknown clients and the errors in lines to a number in each second, and counts the others.
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
    const isSampled = record.client === undefined || showsError(record, status);
    const isTaken = !isSampled || this.#sampler.takes(`${record.client === undefined ? '' : 'error '}${record.code ?? 'none'}`);
    if (record.client === undefined && !isTaken) {
      return;
    }
    const fields: FlatFields = {
      client: record.client,
      pod: record.pod,
      podUid: record.podUid,
      peer: record.peer,
      mode: record.mode,
      host: record.host,
      connector: record.connector,
      registry: record.registry,
      method: record.method,
      route: record.route,
      verb: record.verb,
      action: record.action,
      repository: record.repository,
      reference: record.reference,
      digest: record.digest,
      status,
      upstreamStatus: record.upstreamStatus,
      code: record.code,
      outcome: outcomeOf(record, transfer),
      bytesIn: transfer.bytesIn,
      bytesOut: transfer.bytesOut,
      durationMs: Math.round(durationMs),
    };
    // Every request of a known client has a line. The error with its stack would be most of the line, so it is limited.
    if (showsError(record, status)) {
      this.logger.warn(isTaken ? { ...fields, err: record.error } : fields, MESSAGE);
    } else {
      this.#write(fields);
    }
  }

  /** Writes a line for input that was refused before it was parsed as a request. */
  rejected(peer: string | undefined, { code, message }: ProxyError): void {
    if (this.#sampler.takes(`rejected ${code}`)) {
      this.logger.info({ peer, code }, `rejected: ${message}`);
    }
  }

  /** Writes the last counts. */
  close(): void {
    this.#sampler.close();
  }
}

/**
 * Whether the line contains the error: only for failures of the proxy, a registry, the cluster or a Connector's configuration. For
 * mistakes of clients the code is enough.
 */
function showsError({ error }: AccessRecord, status: number | undefined): boolean {
  return error !== undefined && (status === undefined || status >= SERVER_ERROR || status === FAILED_DEPENDENCY);
}

/** Returns `ok` when the response was sent completely, with any status. */
function outcomeOf(record: AccessRecord, { cancelled }: Transfer): string {
  if (cancelled) {
    return cancelled.reason;
  }
  if (record.truncated) {
    return 'truncated';
  }
  return record.code === undefined ? 'ok' : 'refused';
}
