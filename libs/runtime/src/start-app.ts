import { type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { anyAddress } from './any-address';
import { NestLogger } from './nest-logger';
import { RuntimeModule, type RuntimeOptions } from './runtime.module';
import { readWorld } from './world';

export interface AppOptions extends RuntimeOptions {
  readonly module: Type | DynamicModule;
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
  const { adminHost, adminPort } = options.settings;
  // Before Nest, which would log what it throws a second time, with its stack.
  const world = await readWorld(options.settings, options.world);
  const root: DynamicModule = { module: class Program {}, imports: [RuntimeModule.forProgram({ ...options, world }), options.module] };
  const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), {
    logger: new NestLogger(options.logger),
    abortOnError: false,
  });
  try {
    await app.listen({ host: adminHost || (await anyAddress()), port: adminPort });
  } catch (error) {
    await app.close();
    throw error;
  }
  return { app, adminUrl: await app.getUrl(), stop: () => app.close() };
}
