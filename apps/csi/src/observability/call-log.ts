import { LogFields } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type CallProblem, type CallRecord } from './call-record';

/** The code of a call that succeeded. */
const OK = 'OK';

/**
 * Writes one line for each call: the pod, the Connectors and the outcome. No other field of the request is logged.
 * The kubelet calls once a minute for each volume, so a call that changes nothing is logged at level debug.
 */
export function logCall(logger: Logger, record: CallRecord, result: { code: string; durationMs: number; quiet: boolean }): void {
  const { method, volume, pod, client, connectors, outcome, problems = [] } = record;
  const fields = {
    [LogFields.method]: method,
    [LogFields.volume]: volume,
    [LogFields.pod]: pod,
    [LogFields.client]: client,
    [LogFields.connectors]: connectors,
    [LogFields.outcome]: outcome,
    [LogFields.code]: result.code,
    [LogFields.durationMs]: Math.round(result.durationMs),
  };
  const [first] = problems;
  if (first) {
    const reported = { [LogFields.reasons]: problems.map(({ reason }) => reason), [LogFields.messages]: problems.map(messageOf) };
    logger.warn({ ...fields, ...reported, err: first.error }, 'call');
  } else if ((result.quiet && result.code === OK) || outcome === 'unchanged') {
    logger.debug(fields, 'call');
  } else {
    logger.info(fields, 'call');
  }
}

function messageOf({ error }: CallProblem): string {
  return error instanceof Error ? error.message : String(error);
}
