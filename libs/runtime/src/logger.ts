import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * Paths that are blotted out should one ever be logged by mistake. The rule stays that they are not logged at all:
 * secrets are `Sensitive` values, which print as `[redacted]` by themselves.
 */
const REDACTED_PATHS = ['authorization', 'password', 'token', 'cookie', 'headers', 'body', 'query', 'url'].flatMap(
  (name) => [name, `*.${name}`, `*.*.${name}`],
);

/** Of an error: its class, code, message and stack, and those of its causes. Other properties may carry headers or bodies. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code: unknown = (error as { code?: unknown }).code;
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: serializeError(error.cause) }),
  };
}

/** The logger of a program: one JSON object a line on standard output, time in ISO 8601. */
export function createLogger(options: { name: string; level: string; destination?: DestinationStream }): Logger {
  const settings = {
    level: options.level,
    base: { program: options.name },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: serializeError, error: serializeError },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
