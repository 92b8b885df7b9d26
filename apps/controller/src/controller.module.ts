import { Module, type DynamicModule } from '@nestjs/common';
import { Runtime } from '@oci-connector/runtime';
import { createReplica, type ControllerOptions } from './create-replica';
import { Replica } from './replica';

/** The controller as a Nest module: one provider. Its parts are plain classes, which `create-replica.ts` creates. */
@Module({})
export class ControllerModule {
  static register(options: ControllerOptions): DynamicModule {
    return {
      module: ControllerModule,
      providers: [{ provide: Replica, inject: [Runtime], useFactory: (runtime: Runtime) => createReplica(options, runtime) }],
    };
  }
}
