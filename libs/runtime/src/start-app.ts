import { type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { AdminHttpAdapter } from './admin-http-adapter';
import { anyAddress } from './any-address';
import { NestLogger } from './nest-logger';
import { RuntimeModule, type RuntimeOptions } from './runtime.module';
import { readWorld } from './world';

export interface AppOptions extends RuntimeOptions {
  readonly module: Type | DynamicModule;
}

/** A started program. */
export interface RunningApp {
  readonly app: INestApplication;
  /** URL of /healthz, /readyz and /metrics, without path. */
  readonly adminUrl: string;
  /** Stops every part (Nest's shutdown hooks run), then closes the admin port. */
  stop(): Promise<void>;
}

/**
 * Starts a Nest application that itself serves only the admin port. Data planes have their own sockets, which providers of `module`
 * own: body parsers would hang on or refuse registry traffic (docs/adr/0002).
 */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { adminHost, adminPort } = options.settings;
  // Before Nest, which would log what it throws a second time, with its stack.
  const world = await readWorld(options.settings, options.world);
  const root: DynamicModule = { module: class Program {}, imports: [RuntimeModule.forProgram({ ...options, world }), options.module] };
  const app = await NestFactory.create(root, new AdminHttpAdapter(), {
    logger: new NestLogger(options.logger),
    abortOnError: false,
  });
  try {
    await app.listen(adminPort, adminHost || (await anyAddress()));
  } catch (error) {
    await app.close();
    throw error;
  }
  return { app, adminUrl: await app.getUrl(), stop: () => app.close() };
}
