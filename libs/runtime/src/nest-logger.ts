import { type LoggerService } from '@nestjs/common';
import { type Logger } from 'pino';

/**
 * Writes the messages of Nest to the program's logger. nestjs-pino also does this, but it binds a logger to each request by
 * AsyncLocalStorage. On Node 20, that slows down every promise of the process, including those of the data plane.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  /** Logs an error. Nest passes the stack first, and the context as the last argument. */
  error(message: unknown, ...rest: unknown[]): void {
    const err = message instanceof Error ? message : undefined;
    this.logger.error({ err, context: rest.at(-1) }, String(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal({ context: rest.at(-1) }, String(message));
  }
}
