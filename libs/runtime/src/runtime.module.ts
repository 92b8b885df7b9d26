import { Global, Module, type DynamicModule } from '@nestjs/common';
import { type Logger } from 'pino';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { Readiness } from './readiness';

/** Injection token of the program's pino logger. */
export const LOGGER = Symbol('LOGGER');

/** The common parts of every program: logger, metrics registry, readiness, and the endpoints of the admin port. */
@Global()
@Module({})
export class RuntimeModule {
  static forProgram(logger: Logger): DynamicModule {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    return {
      module: RuntimeModule,
      controllers: [HealthController, MetricsController],
      providers: [{ provide: LOGGER, useValue: logger }, { provide: Registry, useValue: registry }, Readiness],
      exports: [LOGGER, Registry, Readiness],
    };
  }
}
