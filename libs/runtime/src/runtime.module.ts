import { Global, Module, type DynamicModule } from '@nestjs/common';
import { KubeClient } from '@oci-connector/kube';
import { type Logger } from 'pino';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { Readiness } from './readiness';
import { readinessMetric } from './readiness-metric';
import { LOGGER, Runtime } from './runtime';
import { type AnySettings, readWorld, WORLD, type World } from './world';

/** Options of {@link RuntimeModule}. */
export interface RuntimeOptions {
  /** Name of the program; sent to the API server as User-Agent. */
  readonly name: string;
  readonly settings: AnySettings;
  readonly logger: Logger;
  /** For tests: replaces parts of the world that the settings describe. */
  readonly world?: Partial<World>;
}

/** Provides the parts that every program has: world, client of the API server, logger, metrics registry, readiness, and the endpoints of the admin port. */
@Global()
@Module({})
export class RuntimeModule {
  static forProgram({ name, settings, logger, world }: RuntimeOptions): DynamicModule {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const readiness = new Readiness();
    readinessMetric(registry, readiness, name);
    return {
      module: RuntimeModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: LOGGER, useValue: logger },
        { provide: Registry, useValue: registry },
        { provide: WORLD, useFactory: () => readWorld(settings, world) },
        {
          provide: KubeClient,
          inject: [WORLD],
          useFactory: ({ connection, clock }: World) => KubeClient.fromConnection(connection, { clock, userAgent: name }),
        },
        { provide: Readiness, useValue: readiness },
        Runtime,
      ],
      exports: [Runtime],
    };
  }
}
