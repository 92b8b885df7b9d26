import { Controller, Get, Inject, Res } from '@nestjs/common';
import { Registry } from 'prom-client';

/** The part of Fastify's reply that this file uses. */
interface TextReply {
  header(name: string, value: string): TextReply;
  send(body: string): TextReply;
}

/** Serves the metrics of the program's registry in the format of Prometheus. */
@Controller()
export class MetricsController {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Get('metrics')
  async metrics(@Res() reply: TextReply): Promise<void> {
    const text = await this.registry.metrics();
    reply.header('content-type', this.registry.contentType).send(text);
  }
}
