import { Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { StaticCredential } from '@oci-connector/kube';
import { collidingLabels, readText, type TextResponse } from '@oci-connector/testing-kit';
import { Counter, Registry } from 'prom-client';
import { anyAddress } from './any-address';
import { createLogger } from './logger';
import { ProgramSettings } from './program-settings';
import { Runtime } from './runtime';
import { startApp, type RunningApp } from './start-app';

@Injectable()
class Part implements OnApplicationShutdown {
  problem: string | undefined = 'still warming up';
  stopped = false;

  constructor(@Inject(Runtime) { readiness, registry }: Runtime) {
    readiness.register('part', () => this.problem);
    readiness.register('careless', () => undefined);
    new Counter({ name: 'parts_total', help: 'parts', registers: [registry] }).inc();
  }

  onApplicationShutdown(): void {
    this.stopped = true;
  }
}

@Module({ providers: [Part] })
class PartModule {}

/** An API server that is never asked. */
const connection = { server: 'http://127.0.0.1:1', tls: {}, credential: new StaticCredential() };
const logger = createLogger({ name: 'test', level: 'silent' });

function start(admin: { adminHost: string; adminPort: number }): Promise<RunningApp> {
  const settings = Object.assign(new ProgramSettings(), admin);
  return startApp({ name: 'test', module: PartModule, settings, logger, world: { connection } });
}

describe('startApp', () => {
  let running: RunningApp;

  beforeAll(async () => {
    running = await start({ adminHost: '127.0.0.1', adminPort: 0 });
  });

  afterAll(() => running.stop());

  const get = (path: string): Promise<TextResponse> => readText(`${running.adminUrl}${path}`);

  it('is alive before it is ready', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('is ready when every part is ready, and names a part that is not', async () => {
    const part = running.app.get(Part);
    part.problem = 'still warming up';
    expect(await get('/readyz')).toMatchObject({ status: 503, body: '[-]part: still warming up\n[+]careless ok\n' });
    part.problem = undefined;
    expect(await get('/readyz')).toMatchObject({ status: 200, body: '[+]part ok\n[+]careless ok\n' });
  });

  it('serves metrics of the program and the process', async () => {
    const { status, type, body } = await get('/metrics');
    expect(status).toBe(200);
    expect(type).toContain('text/plain');
    expect(body).toContain('parts_total 1');
    expect(body).toContain('connectors_ready{program="test",check="careless"} 1');
    expect(body).toContain('process_resident_memory_bytes');
    expect(collidingLabels(running.app.get(Registry))).toEqual([]);
  });

  it('stops its parts', async () => {
    const another = await start({ adminHost: '127.0.0.1', adminPort: 0 });
    const part = another.app.get(Part);
    await another.stop();
    expect(part.stopped).toBe(true);
    await expect(fetch(`${another.adminUrl}/healthz`)).rejects.toThrow();
  });

  it('serves the admin port over IPv6 and IPv4 by default', async () => {
    const everywhere = await start({ adminHost: '', adminPort: 0 });
    const { hostname, port } = new URL(everywhere.adminUrl);
    const hosts = (await anyAddress()) === '::' ? ['[::1]', '127.0.0.1'] : ['127.0.0.1'];
    expect(hosts[0]).toBe(hostname);
    for (const host of hosts) {
      expect((await fetch(`http://${host}:${port}/healthz`)).status).toBe(200);
    }
    await everywhere.stop();
  });

  it('serves the admin port over IPv4 on a machine without IPv6', async () => {
    // No machine has an address of the documentation range, so listening on it fails as on `::` without IPv6.
    expect(await anyAddress('2001:db8::1')).toBe('0.0.0.0');
  });

  it('does not start on a port in use', async () => {
    const { port } = new URL(running.adminUrl);
    const second = start({ adminHost: '127.0.0.1', adminPort: Number(port) });
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  });
});
