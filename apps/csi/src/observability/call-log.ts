import { LogFields } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type CallProblem, type CallRecord } from './call-record';

/** The code of a call that went well. */
const OK = 'OK';

/**
 * Writes one line for each call: for which pod, which Connectors, with what outcome. Never a field of the request but these.
 * The kubelet calls once a minute for each volume, so what changes nothing is for those alone who want every line.
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
    const told = { [LogFields.reasons]: problems.map(({ reason }) => reason), [LogFields.messages]: problems.map(messageOf) };
    logger.warn({ ...fields, ...told, err: first.error }, 'call');
  } else if ((result.quiet && result.code === OK) || outcome === 'unchanged') {
    logger.debug(fields, 'call');
  } else {
    logger.info(fields, 'call');
  }
}

function messageOf({ error }: CallProblem): string {
  return error instanceof Error ? error.message : String(error);
}
