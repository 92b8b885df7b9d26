import { Module, type DynamicModule } from '@nestjs/common';
import { Runtime } from '@oci-connector/runtime';
import { createDriver, type DriverOptions } from './create-driver';
import { Driver } from './driver';

/** The CSI driver as a Nest module: one provider, whose parts are plain classes put together in `create-driver.ts`. */
@Module({})
export class CsiModule {
  static register(options: DriverOptions): DynamicModule {
    return {
      module: CsiModule,
      providers: [{ provide: Driver, inject: [Runtime], useFactory: (runtime: Runtime) => createDriver(options, runtime) }],
    };
  }
}
