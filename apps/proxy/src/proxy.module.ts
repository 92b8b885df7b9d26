import { Module, type DynamicModule } from '@nestjs/common';
import { LOGGER, Readiness } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { createDataPlane, type ProxyDependencies } from './create-data-plane';
import { DataPlane } from './data-plane';

/** The proxy as a Nest module. It has one provider, whose parts are plain classes that `create-data-plane.ts` composes. */
@Module({})
export class ProxyModule {
  static forDependencies(dependencies: ProxyDependencies): DynamicModule {
    return {
      module: ProxyModule,
      providers: [
        {
          provide: DataPlane,
          inject: [LOGGER, Registry, Readiness],
          useFactory: (logger: Logger, registry: Registry, readiness: Readiness) =>
            createDataPlane(dependencies, { logger, registry, readiness }),
        },
      ],
      exports: [DataPlane],
    };
  }
}
