import { type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Logger } from 'pino';
import { anyAddress } from './any-address';
import { NestLogger } from './nest-logger';
import { RuntimeModule } from './runtime.module';

export interface AppOptions {
  readonly module: Type | DynamicModule;
  readonly logger: Logger;
  /** Listen address; if empty, all addresses of the machine, IPv6 and IPv4. */
  readonly adminHost: string;
  /** Listen port; 0 is a free port. */
  readonly adminPort: number;
}

/** A started program. */
export interface RunningApp {
  readonly app: NestFastifyApplication;
  /** URL of /healthz, /readyz and /metrics, without path. */
  readonly adminUrl: string;
  /** Stops every part (Nest's shutdown hooks run), then closes the admin port. */
  stop(): Promise<void>;
}

/**
 * Starts a Nest application whose Fastify serves only the admin port. Data planes have their own sockets, which providers of `module`
 * own: body parsers would hang on or refuse registry traffic (docs/adr/0002).
 */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const root: DynamicModule = { module: class Program {}, imports: [RuntimeModule.forProgram(options.logger), moduleOf(options)] };
  const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), {
    logger: new NestLogger(options.logger),
    abortOnError: false,
  });
  try {
    await app.listen({ host: options.adminHost || (await anyAddress()), port: options.adminPort });
  } catch (error) {
    await app.close();
    throw error;
  }
  return { app, adminUrl: await app.getUrl(), stop: () => app.close() };
}

function moduleOf({ module }: AppOptions): DynamicModule {
  return 'module' in module ? module : { module };
}
