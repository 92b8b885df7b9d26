import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { KubeClient } from '@oci-connector/kube';
import { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { Readiness } from './readiness';
import { WORLD, type World } from './world';

/** Injection token of the program's pino logger. */
export const LOGGER = Symbol('LOGGER');

/** The objects of {@link RuntimeModule} that a program passes to its parts. */
@Injectable()
export class Runtime implements OnApplicationShutdown {
  @Inject(WORLD) readonly world!: World;
  @Inject(KubeClient) readonly client!: KubeClient;
  @Inject(LOGGER) readonly logger!: Logger;
  @Inject(Registry) readonly registry!: Registry;
  @Inject(Readiness) readonly readiness!: Readiness;

  /** Nest calls this after every `onModuleDestroy`, because a part that stops may still send requests to the API server. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
