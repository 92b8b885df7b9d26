import { connect } from 'node:net';
import { once } from 'node:events';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AdminHttpAdapter } from './admin-http-adapter';

@Controller()
class Routes {
  @Get('text')
  text(): string {
    return 'a text';
  }

  @Get('object')
  object(): object {
    return { a: 1 };
  }

  @Get('broken')
  broken(): string {
    throw new Error('a detail of the program');
  }
}

@Module({ controllers: [Routes] })
class RoutesModule {}

describe('AdminHttpAdapter', () => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    app = await NestFactory.create(RoutesModule, new AdminHttpAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterEach(() => app.close());

  const ask = async (path: string, init?: RequestInit): Promise<[number, string]> => {
    const response = await fetch(`${url}${path}`, init);
    return [response.status, await response.text()];
  };

  it('answers GET of a route, whatever its query', async () => {
    expect(await ask('/text')).toEqual([200, 'a text']);
    expect(await ask('/text?a=b')).toEqual([200, 'a text']);
    expect(await ask('/object')).toEqual([200, '{"a":1}']);
  });

  it('answers HEAD without a body', async () => {
    expect(await ask('/text', { method: 'HEAD' })).toEqual([200, '']);
  });

  it.each(['/', '/text/', '//text', '/texts', '/constructor', '/__proto__'])('answers 404 for %s', async (path) => {
    expect((await ask(path))[0]).toBe(404);
  });

  it('answers 404 for other methods, also when a body follows, and serves the next request', async () => {
    expect((await ask('/text', { method: 'POST', body: 'x'.repeat(100_000) }))[0]).toBe(404);
    expect(await ask('/text')).toEqual([200, 'a text']);
  });

  it('answers 500 for a handler that throws, without its message', async () => {
    const [status, body] = await ask('/broken');
    expect(status).toBe(500);
    expect(body).not.toContain('detail');
    expect(await ask('/text')).toEqual([200, 'a text']);
  });

  it('closes connections without a request when it stops', async () => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.resume();
    const closed = once(socket, 'close');
    await ask('/text');
    await app.close();
    await closed;
    await expect(fetch(`${url}/text`)).rejects.toThrow();
  });
});
