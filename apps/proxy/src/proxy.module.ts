import { Module, type DynamicModule } from '@nestjs/common';
import { Runtime } from '@oci-connector/runtime';
import { createDataPlane, type ProxyOptions } from './create-data-plane';
import { DataPlane } from './data-plane';

/** The proxy as a Nest module: one provider, whose parts are plain classes put together in `create-data-plane.ts`. */
@Module({})
export class ProxyModule {
  static register(options: ProxyOptions): DynamicModule {
    return {
      module: ProxyModule,
      providers: [{ provide: DataPlane, inject: [Runtime], useFactory: (runtime: Runtime) => createDataPlane(options, runtime) }],
    };
  }
}
