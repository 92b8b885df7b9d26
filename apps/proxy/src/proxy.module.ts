import { Module, type DynamicModule } from '@nestjs/common';
import { Runtime } from '@oci-connector/runtime';
import { createDataPlane, type ProxyOptions } from './create-data-plane';
import { DataPlane } from './data-plane';

/** The proxy as a Nest module. It has one provider, whose parts are plain classes that `create-data-plane.ts` composes. */
@Module({})
export class ProxyModule {
  static register(options: ProxyOptions): DynamicModule {
    return {
      module: ProxyModule,
      providers: [{ provide: DataPlane, inject: [Runtime], useFactory: (runtime: Runtime) => createDataPlane(options, runtime) }],
    };
  }
}
