import { ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse } from '../test/api-server';
import { EventRecorder } from './event-recorder';
import { KubeClient } from './kube-client';
import { type CoreEvent } from './kube-objects';

const connector = {
  apiVersion: 'connectors.alauda.io/v1alpha1',
  kind: 'Connector',
  metadata: { namespace: 'team-a', name: 'harbor', uid: 'u1', resourceVersion: '7' },
};
const note = { type: 'Warning', reason: 'AuthenticationFailed', message: 'The registry refused the credential' } as const;

let server: ApiServer;
let client: KubeClient;
let clock: ManualClock;
let recorder: EventRecorder;
let errors: unknown[];
/** Refuses every request with this status. */
let refusal: number | undefined;

beforeEach(async () => {
  errors = [];
  refusal = undefined;
  clock = new ManualClock();
  server = await ApiServer.start((request, response) => {
    if (refusal === undefined) {
      json(response, 201, request.method === 'POST' ? JSON.parse(request.body) : { kind: 'Event', metadata: {} });
    } else {
      refuse(response, refusal, 'Refused');
    }
  });
  client = KubeClient.fromConnection(server.connection());
  recorder = new EventRecorder({ client, component: 'connectors-controller', clock, onError: (error) => errors.push(error) });
});

afterEach(async () => {
  await recorder.flush();
  await client.close();
  await server.close();
});

const sent = (): [string, CoreEvent][] => server.requests.map(({ method, body }) => [method, JSON.parse(body) as CoreEvent]);

describe('EventRecorder', () => {
  it('writes an Event into the namespace of the object', async () => {
    recorder.record(connector, note);
    await recorder.flush();
    expect(server.requests[0]?.url.pathname).toBe('/api/v1/namespaces/team-a/events');
    expect(sent()).toMatchObject([
      [
        'POST',
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { namespace: 'team-a', name: expect.stringMatching(/^harbor\.[0-9a-f]{16}$/) as unknown },
          involvedObject: {
            apiVersion: 'connectors.alauda.io/v1alpha1',
            kind: 'Connector',
            namespace: 'team-a',
            name: 'harbor',
            uid: 'u1',
          },
          ...note,
          source: { component: 'connectors-controller' },
          reportingComponent: 'connectors-controller',
          reportingInstance: 'connectors-controller',
          count: 1,
          firstTimestamp: '2030-01-01T00:00:00Z',
          lastTimestamp: '2030-01-01T00:00:00Z',
        },
      ],
    ]);
  });

  it('increases the count of an equal event, and creates another Event for a different one', async () => {
    recorder.record(connector, note);
    clock.advance(60_000);
    recorder.record({ ...connector, metadata: { ...connector.metadata, resourceVersion: '8' } }, note);
    recorder.record(connector, { ...note, reason: 'ConnectionFailed' });
    recorder.record({ ...connector, metadata: { ...connector.metadata, uid: 'u2' } }, note);
    await recorder.flush();
    expect(sent().map(([method, { reason, count }]) => [method, reason, count])).toEqual([
      ['POST', 'AuthenticationFailed', 1],
      ['PATCH', undefined, 2],
      ['POST', 'ConnectionFailed', 1],
      ['POST', 'AuthenticationFailed', 1],
    ]);
  });

  it('creates it again when the first one was deleted or is old', async () => {
    recorder.record(connector, note);
    await recorder.flush();
    refusal = 404;
    recorder.record(connector, note);
    await recorder.flush();
    refusal = undefined;
    clock.advance(600_001);
    recorder.record(connector, note);
    await recorder.flush();
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST', 'POST']);
  });

  it('puts the Event of a cluster-scoped object into "default"', async () => {
    recorder.record({ ...connector, kind: 'ConnectorClass', metadata: { name: 'oci' } }, note);
    await recorder.flush();
    expect(server.requests[0]?.url.pathname).toBe('/api/v1/namespaces/default/events');
  });

  it('cuts a long message between characters', async () => {
    recorder.record(connector, { ...note, message: 'é'.repeat(2000) });
    await recorder.flush();
    const message = sent()[0]?.[1].message ?? '';
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1024);
    expect(message).toMatch(/^é+\uFFFD?…$/);
  });

  it('reports a failure to onError only', async () => {
    refusal = 403;
    recorder.record(connector, note);
    await recorder.flush();
    expect(errors).toMatchObject([{ status: 403 }]);
  });

  it('drops events when too many wait', async () => {
    for (let index = 0; index < 510; index++) {
      recorder.record(connector, { ...note, message: String(index) });
    }
    expect(errors).toHaveLength(10);
    await recorder.flush();
    expect(server.requests).toHaveLength(500);
  });
});
