import { type ServerResponse } from 'node:http';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, json, refuse } from '../test/api-server';
import { settle } from '../test/settle';
import { LeaseServer } from '../test/lease-server';
import { KubeClient } from './kube-client';
import { type Lease } from './kube-objects';
import { LeaderElection } from './leader-election';

interface Candidate {
  readonly election: LeaderElection;
  readonly clock: ManualClock;
  readonly errors: unknown[];
  /** Signals of the terms so far. */
  readonly terms: AbortSignal[];
  /** Ends the work of the term that was aborted. */
  windDown?: () => void;
}

let leases: LeaseServer;
let server: ApiServer;
let clients: KubeClient[];
let candidates: Candidate[];

beforeEach(async () => {
  leases = new LeaseServer();
  server = await ApiServer.start(leases.answer);
  clients = [];
  candidates = [];
});

afterEach(async () => {
  leases.fault = undefined;
  candidates.forEach((candidate) => candidate.windDown?.());
  await Promise.all(candidates.map(({ election }) => election.stop()));
  await Promise.all(clients.map((client) => client.close()));
  await server.close();
  candidates.forEach(({ clock }) => expect(clock.timers).toEqual([]));
});

/** Each candidate has its own clock; by default one that differs by years from the others'. */
function candidate(identity: string, options: { slow?: boolean; epoch?: string } = {}): Candidate {
  const clock = new ManualClock(Date.parse(options.epoch ?? `20${30 + candidates.length * 5}-01-01T00:00:00Z`));
  const client = KubeClient.fromConnection(server.connection(), { clock });
  clients.push(client);
  const made: Candidate = {
    election: new LeaderElection({
      client,
      namespace: 'connectors-system',
      name: 'controller',
      identity,
      clock,
      onError: (error) => made.errors.push(error),
    }),
    clock,
    errors: [],
    terms: [],
  };
  candidates.push(made);
  made.election.start(async (term) => {
    made.terms.push(term);
    await new Promise<void>((resolve) => {
      made.windDown = resolve;
      if (options.slow !== true) {
        term.addEventListener('abort', () => resolve());
      }
    });
  });
  return made;
}

/** Advances a candidate's clock in steps of its own pauses, so that its clock does not overtake a request. */
async function pass(who: Candidate, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 1000) {
    who.clock.advance(1000);
    await settle();
    await eventually(() => !who.clock.timers.includes(5_000) || leases.fault !== undefined, 'the end of the requests');
  }
}

const leading = (who: Candidate): Promise<unknown> => eventually(() => who.election.isLeader, 'leadership');

describe('LeaderElection', () => {
  it('creates the Lease, leads, and renews it', async () => {
    const one = candidate('one', { epoch: '2030-01-01T00:00:00Z' });
    await leading(one);
    expect(leases.lease?.spec).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2030-01-01T00:00:00.000000Z',
      renewTime: '2030-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await pass(one, 2000);
    await eventually(() => leases.lease?.spec?.renewTime === '2030-01-01T00:00:02.000000Z');
    expect(leases.lease?.spec).toMatchObject({ acquireTime: '2030-01-01T00:00:00.000000Z', leaseTransitions: 0 });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'PUT']);
  });

  it('releases the lease when it stops, and the next candidate need not wait', async () => {
    const one = candidate('one');
    await leading(one);
    const two = candidate('two');
    await settle();
    await one.election.stop();
    expect(one.terms[0]?.aborted).toBe(true);
    expect([one.election.isLeader, leases.lease?.spec]).toEqual([
      false,
      expect.not.objectContaining({ holderIdentity: expect.anything() as unknown }),
    ]);
    await pass(two, 2000);
    await leading(two);
    expect(leases.lease?.spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  it('takes over from a holder that no longer renews, by its own clock, however wrong that is', async () => {
    leases.write({ holderIdentity: 'crashed', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z', leaseTransitions: 3 });
    const one = candidate('one');
    await pass(one, 14_000);
    expect([one.election.isLeader, leases.holder]).toEqual([false, 'crashed']);
    await pass(one, 4000);
    await leading(one);
    expect(leases.lease?.spec).toMatchObject({ holderIdentity: 'one', leaseTransitions: 4 });
  });

  it('does not take over from a holder that renews, whatever times it writes', async () => {
    leases.write({ holderIdentity: 'other', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z' });
    const one = candidate('one');
    for (let renewal = 0; renewal < 5; renewal++) {
      await pass(one, 10_000);
      leases.write({ holderIdentity: 'other', leaseDurationSeconds: 15, renewTime: `1999-01-01T00:00:0${renewal + 1}.000000Z` });
    }
    expect([one.terms.length, leases.holder]).toEqual([0, 'other']);
    expect(server.requests.some(({ method }) => method === 'PUT')).toBe(false);
  });

  it('lets one of several candidates win', async () => {
    const all = ['one', 'two', 'three'].map((identity) => candidate(identity));
    await eventually(() => all.some(({ election }) => election.isLeader));
    await settle();
    for (const who of all) {
      await pass(who, 4000);
    }
    expect(all.filter(({ election }) => election.isLeader)).toHaveLength(1);
    expect(all.flatMap(({ terms }) => terms)).toHaveLength(1);
  });

  it('refuses settings with which two could lead at the same time', () => {
    const settings = { client: {} as KubeClient, namespace: 'a', name: 'b', identity: 'c' };
    expect(() => new LeaderElection({ ...settings, leaseDurationMs: 10_000, renewDeadlineMs: 10_000 })).toThrow(TypeError);
    expect(() => new LeaderElection({ ...settings, renewDeadlineMs: 2000, retryPeriodMs: 2000 })).toThrow(TypeError);
  });
});

describe('LeaderElection faults', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['refuses', (response) => refuse(response, 500, 'InternalError')],
    ['drops the connection', (response) => void response.destroy()],
    ['never answers', () => undefined],
  ])('stops leading at the renew deadline when the API server %s, and leads again later', async (_name, fault) => {
    const one = candidate('one');
    await leading(one);
    leases.fault = (_request, response) => fault(response);
    await pass(one, 9000);
    expect([one.election.isLeader, one.terms[0]?.aborted]).toEqual([true, false]);
    await pass(one, 1000);
    expect(one.terms[0]?.aborted).toBe(true);
    await eventually(() => !one.election.isLeader);
    expect(leases.holder).toBe('one');
    leases.fault = undefined;
    await pass(one, 10_000);
    await leading(one);
    expect(one.terms).toHaveLength(2);
    expect(one.errors.length).toBeGreaterThan(0);
  });

  it('keeps leading during a short fault', async () => {
    const one = candidate('one');
    await leading(one);
    leases.fault = (_request, response) => refuse(response, 503, 'ServiceUnavailable');
    await pass(one, 6000);
    leases.fault = undefined;
    await pass(one, 20_000);
    expect([one.terms.length, one.terms[0]?.aborted]).toEqual([1, false]);
  });

  it('stops leading immediately when another candidate holds the lease, and does not take it over', async () => {
    const one = candidate('one');
    await leading(one);
    leases.write({ holderIdentity: 'thief', leaseDurationSeconds: 15, renewTime: '2030-01-01T00:00:00.000000Z' });
    await pass(one, 4000);
    await eventually(() => one.terms[0]?.aborted === true);
    await eventually(() => !one.election.isLeader);
    expect(leases.holder).toBe('thief');
    expect(String(one.terms[0]?.reason)).toContain('somebody else');
  });

  it('continues when the Lease was deleted, or our own write got no response', async () => {
    const one = candidate('one');
    await leading(one);
    leases.delete();
    await pass(one, 4000);
    await eventually(() => leases.holder === 'one');
    leases.touch();
    await pass(one, 6000);
    expect([one.terms.length, one.terms[0]?.aborted, one.errors]).toEqual([1, false, []]);
  });

  /** Suppresses the response to the next write. The server still stores it, as when a client disconnects before the response. */
  function holdNextWrite(): { readonly isHeld: () => boolean; readonly answer: () => void; readonly cut: () => void } {
    let held: ServerResponse | undefined;
    let body: Lease | undefined;
    leases.fault = (request, response) => {
      leases.fault = undefined;
      if (request.method === 'GET') {
        leases.answer(request, response);
        holdAgain();
        return;
      }
      leases.write((JSON.parse(request.body) as Lease).spec ?? {});
      [held, body] = [response, leases.lease];
    };
    const holdAgain = (
      (fault) => () =>
        void (leases.fault = fault)
    )(leases.fault);
    return { isHeld: () => held !== undefined, answer: () => held && json(held, 200, body), cut: () => held?.destroy() };
  }

  it.each(['answer', 'cut'] as const)('releases the lease when it is stopped during a renewal: %s', async (end) => {
    const one = candidate('one');
    await leading(one);
    const held = holdNextWrite();
    one.clock.advance(2_000);
    await eventually(held.isHeld, 'a renewal');
    const stopping = one.election.stop();
    await settle();
    expect(leases.holder).toBe('one');
    held[end]();
    await stopping;
    expect(leases.holder).toBeUndefined();
    // Each write was based on the version before it: the stop caused no conflict.
    if (end === 'answer') {
      expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'PUT', 'PUT']);
    }
    expect(one.errors).toHaveLength(end === 'answer' ? 0 : 1);
  });

  it('releases the lease when it is stopped during its acquisition', async () => {
    const held = holdNextWrite();
    const one = candidate('one');
    await eventually(held.isHeld, 'the acquisition');
    const stopping = one.election.stop();
    await settle();
    held.answer();
    await stopping;
    expect([leases.holder, one.terms, one.errors]).toEqual([undefined, [], []]);
  });

  it('does not release a lease that another candidate has acquired meanwhile', async () => {
    const one = candidate('one');
    await leading(one);
    leases.write({ holderIdentity: 'two', leaseDurationSeconds: 15 });
    await one.election.stop();
    expect(leases.holder).toBe('two');
  });

  it('renews until the work of a stopped leader has ended', async () => {
    const one = candidate('one', { slow: true });
    await leading(one);
    const stopping = one.election.stop();
    expect(one.terms[0]?.aborted).toBe(true);
    const before = server.requests.length;
    await pass(one, 20_000);
    expect(server.requests.length).toBeGreaterThan(before + 5);
    expect(leases.holder).toBe('one');
    one.windDown?.();
    await stopping;
    expect(leases.holder).toBeUndefined();
  });

  it('a term whose work fails ends, and the failure is reported', async () => {
    const clock = new ManualClock();
    const client = KubeClient.fromConnection(server.connection(), { clock });
    clients.push(client);
    const errors: unknown[] = [];
    const told: boolean[] = [];
    const election = new LeaderElection({
      client,
      namespace: 'connectors-system',
      name: 'controller',
      identity: 'one',
      clock,
      onError: (error) => errors.push(error),
      onLeading: (leadingNow) => told.push(leadingNow),
    });
    election.start(() => {
      throw new Error('no work today');
    });
    await eventually(() => leases.lease !== undefined && leases.holder === undefined);
    expect([told, errors]).toEqual([[true, false], [new Error('no work today')]]);
    await election.stop();
  });
});
