import { type ServerResponse } from 'node:http';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { Registry } from 'prom-client';

/** Serves the metrics of the program's registry in the format of Prometheus. */
@Controller()
export class MetricsController {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Get('metrics')
  async metrics(@Res() response: ServerResponse): Promise<void> {
    const text = await this.registry.metrics();
    response.setHeader('content-type', this.registry.contentType).end(text);
  }
}
