import { type handleUnaryCall, type ServiceError, status } from '@grpc/grpc-js';
import { type Clock } from '@oci-connector/clock';
import { type CallRecord } from '../observability/call-record';
import { errorsOf, statusOf } from './grpc-status';

/**
 * Longest message of a status, in characters, without the reason at its end that the documentation explains. The message is sent in an
 * HTTP/2 header; clients accept 8 KiB or more.
 */
const MAX_MESSAGE_LENGTH = 4_096;

/** Receives each finished call, for the log and the metrics. */
export type OnCall = (record: CallRecord, result: { readonly code: string; readonly durationMs: number; readonly quiet: boolean }) => void;

/** Turns functions that return or throw into gRPC handlers. Reports every call once, and maps every error to a gRPC status. */
export class CallHandlers {
  constructor(
    private readonly clock: Clock,
    private readonly onCall: OnCall,
  ) {}

  /** Handles a call that does not concern a volume. */
  quiet<Request, Answer>(method: string, answer: (request: Request) => Promise<Answer>): handleUnaryCall<Request, Answer> {
    return this.#handler(method, true, answer);
  }

  /** Handles a call about a volume; `answer` fills in the record. */
  logged<Request, Answer>(
    method: string,
    answer: (request: Request, record: CallRecord) => Promise<Answer>,
  ): handleUnaryCall<Request, Answer> {
    return this.#handler(method, false, answer);
  }

  #handler<Request, Answer>(
    method: string,
    quiet: boolean,
    answer: (request: Request, record: CallRecord) => Promise<Answer>,
  ): handleUnaryCall<Request, Answer> {
    return ({ request }, callback) => {
      const startedAt = this.clock.monotonic();
      const record: CallRecord = { method };
      const finish = (code: status): void =>
        this.onCall(record, { code: status[code] ?? String(code), durationMs: this.clock.monotonic() - startedAt, quiet });
      answer(request, record).then(
        (value) => {
          finish(status.OK);
          callback(null, value);
        },
        (error: unknown) => {
          const { code, message, reason } = statusOf(error);
          const problems = errorsOf(error).map((each) => ({ reason: statusOf(each).reason, error: each }));
          Object.assign(record, { outcome: 'failed', problems } satisfies Partial<CallRecord>);
          finish(code);
          callback({ code, details: `${message.slice(0, MAX_MESSAGE_LENGTH)} (${reason})` } satisfies Partial<ServiceError>);
        },
      );
    };
  }
}
