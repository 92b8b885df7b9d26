import { type ServerResponse } from 'node:http';
import { Controller, Get, Header, HttpStatus, Inject, Res } from '@nestjs/common';
import { Readiness } from './readiness';

/** Serves liveness and readiness as the components of Kubernetes do: plain text, one line for each check. */
@Controller()
export class HealthController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  /** Alive: the event loop runs. Nothing else is checked, because a restart of the process fixes nothing else. */
  @Get('healthz')
  @Header('content-type', 'text/plain; charset=utf-8')
  healthz(): string {
    return 'ok\n';
  }

  /** Ready: every check passes. */
  @Get('readyz')
  @Header('content-type', 'text/plain; charset=utf-8')
  readyz(@Res({ passthrough: true }) response: ServerResponse): string {
    const results = this.readiness.report();
    const lines = results.map(({ name, problem }) => (problem ? `[-]${name}: ${problem}` : `[+]${name} ok`));
    if (results.some(({ problem }) => problem)) {
      response.statusCode = HttpStatus.SERVICE_UNAVAILABLE;
    }
    return `${lines.join('\n')}\n`;
  }
}
