import { Module, type DynamicModule } from '@nestjs/common';
import { LOGGER, Readiness } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { createDriver, type DriverDependencies } from './create-driver';
import { Driver } from './driver';

/** The CSI driver as a Nest module: one provider, whose parts are plain classes put together in `create-driver.ts`. */
@Module({})
export class CsiModule {
  static forDependencies(dependencies: DriverDependencies): DynamicModule {
    return {
      module: CsiModule,
      providers: [
        {
          provide: Driver,
          inject: [LOGGER, Registry, Readiness],
          useFactory: (logger: Logger, registry: Registry, readiness: Readiness) =>
            createDriver(dependencies, { logger, registry, readiness }),
        },
      ],
    };
  }
}
