import { type LoggerService } from '@nestjs/common';
import { type Logger } from 'pino';

/**
 * What Nest itself logs, as lines of the program's logger. nestjs-pino does this and more, but it binds a logger to each
 * request by AsyncLocalStorage, and on Node 20 that slows down every promise of the process, those of the data plane too.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  /** Nest passes the stack of an error, and the context last. */
  error(message: unknown, ...rest: unknown[]): void {
    const err = message instanceof Error ? message : undefined;
    this.logger.error({ err, context: rest.at(-1) }, String(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal({ context: rest.at(-1) }, String(message));
  }
}
