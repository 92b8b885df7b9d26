import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, eventLine, refuse, type Answer } from '../test/api-server';
import { KubeApiError } from './kube.errors';
import { KubeClient, type WatchOptions } from './kube-client';
import { type Secret } from './kube-objects';
import { metadataOf, Secrets } from './resource-type';
import { type WatchEvent } from './watch-stream';

const secret = (resourceVersion: string, text = ''): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'a', name: 's', resourceVersion, annotations: { text } },
});

let server: ApiServer;
let client: KubeClient;
let clock: ManualClock;

async function serve(answer: Answer): Promise<void> {
  clock = new ManualClock();
  server = await ApiServer.start(answer);
  client = KubeClient.fromConnection(server.connection(), { clock });
}

/** Reads until the end. Returns the events before it and the error, if any. */
async function readAll(options: Partial<WatchOptions> = {}): Promise<{ events: WatchEvent<Secret>[]; error?: unknown }> {
  const events: WatchEvent<Secret>[] = [];
  try {
    for await (const event of client.watch(Secrets, { resourceVersion: '1', ...options })) {
      events.push(event);
    }
    return { events };
  } catch (error) {
    return { events, error };
  }
}

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('KubeClient.watch', () => {
  it('requests bookmarks and a time limit, from the given version', async () => {
    await serve((_request, response) => void response.end());
    await readAll({ namespace: 'a', resourceVersion: '42', timeoutSeconds: 77, fieldSelector: 'metadata.name=s' });
    expect(server.requests.map(({ url }) => url.pathname + url.search)).toEqual([
      '/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Ds&watch=true&allowWatchBookmarks=true&resourceVersion=42&timeoutSeconds=77',
    ]);
  });

  it('delivers events however the bytes are split', async () => {
    const text =
      eventLine('ADDED', secret('2', 'grüße 🚢')) + '\n' + eventLine('MODIFIED', secret('3')) + eventLine('BOOKMARK', secret('9'));
    await serve(async (_request, response) => {
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.from([byte]));
      }
      response.end();
    });
    const { events, error } = await readAll();
    expect(error).toBeUndefined();
    expect(events.map(({ type, object }) => [type, object.metadata.resourceVersion])).toEqual([
      ['ADDED', '2'],
      ['MODIFIED', '3'],
      ['BOOKMARK', '9'],
    ]);
    expect(events[0]?.object.metadata.annotations).toEqual({ text: 'grüße 🚢' });
  });

  it('throws the Status of an ERROR event, after the events before it', async () => {
    await serve((_request, response) => {
      response.write(eventLine('ADDED', secret('2')));
      response.end(eventLine('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }));
    });
    const { events, error } = await readAll();
    expect(events).toHaveLength(1);
    expect(error).toBeInstanceOf(KubeApiError);
    expect(error).toMatchObject({ isGone: true });
  });

  it('throws a 410 that arrives as HTTP status', async () => {
    await serve((_request, response) => refuse(response, 410, 'Expired'));
    expect((await readAll()).error).toMatchObject({ isGone: true });
  });

  it.each([
    ['non-JSON garbage', 'password: hunter2\n', 'ResponseInvalid'],
    ['JSON that is not an event', '{"kind":"Secret","data":"hunter2"}\n', 'ResponseInvalid'],
    ['an unknown type', eventLine('MAYBE', secret('2', 'hunter2')), 'ResponseInvalid'],
    ['an event without a version', eventLine('ADDED', { metadata: {}, data: 'hunter2' }), 'ResponseInvalid'],
    ['half an event', eventLine('ADDED', secret('2', 'hunter2')).slice(0, 90), 'ResponseIncomplete'],
  ])('%s is an error that quotes no data', async (_name, body, code) => {
    await serve((_request, response) => void response.end(body));
    const { events, error } = await readAll();
    expect(events).toHaveLength(0);
    expect(error).toMatchObject({ code });
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain('hunter2');
  });

  it('an endless event is too large', async () => {
    await serve(async (_request, response) => {
      response.write('{"type":"ADDED","object":"');
      while (!response.destroyed) {
        response.write('x'.repeat(1024 * 1024));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect((await readAll()).error).toMatchObject({ code: 'ResponseTooLarge' });
    await eventually(() => server.open === 0, 'the end of the request');
  });

  it('a dropped socket is an error, not an end', async () => {
    await serve((_request, response) => {
      response.write(eventLine('ADDED', secret('2')));
      setImmediate(() => server.dropConnections());
    });
    const { error } = await readAll();
    expect(error).toMatchObject({ code: 'ResponseIncomplete' });
  });

  it('a watch without data ends after the idle time, counted from the last byte', async () => {
    await serve((_request, response) => void response.write(eventLine('ADDED', secret('2'))));
    const events = client.watch(Secrets, { resourceVersion: '1', idleTimeoutMs: 90_000 });
    await events.next();
    const next = events.next().then(
      () => undefined,
      (error: unknown) => error,
    );
    clock.advance(89_999);
    expect(server.open).toBe(1);
    expect(clock.timers).toEqual([90_000]);
    clock.advance(1);
    expect(await next).toMatchObject({ code: 'WatchSilent' });
    await eventually(() => server.open === 0, 'the end of the request');
    expect(clock.timers).toEqual([]);
  });

  it('ends when the caller aborts, and when the reader stops reading', async () => {
    await serve((_request, response) => void response.write(eventLine('ADDED', secret('2'))));
    const giveUp = new AbortController();
    const reason = new Error('enough');
    const reading = readAll({ signal: giveUp.signal });
    await eventually(() => server.requests.length === 1);
    giveUp.abort(reason);
    expect((await reading).error).toBe(reason);
    for await (const event of client.watch(Secrets, { resourceVersion: '1' })) {
      expect(event.type).toBe('ADDED');
      break;
    }
    await eventually(() => server.open === 0, 'the end of both requests');
    expect(clock.timers).toEqual([]);
  });

  it('keeps only metadata when only metadata was requested', async () => {
    await serve((_request, response) => {
      response.end(eventLine('ADDED', { ...secret('2'), data: { password: 'aHVudGVyMg==' } }));
    });
    const seen: unknown[] = [];
    for await (const event of client.watch(metadataOf(Secrets), { resourceVersion: '1' })) {
      seen.push(event);
    }
    expect(server.requests[0]?.headers.accept).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
    expect(JSON.stringify(seen)).not.toContain('aHVudGVyMg');
  });
});
