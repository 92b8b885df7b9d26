import { type Timer } from '@oci-connector/clock';
import { type Condition, type Connector, type ConnectorStatus } from '@oci-connector/connector-api';
import { type EventNote, type KubeClient } from '@oci-connector/kube';
import { aConnector } from '@oci-connector/testing-kit';
import { ConnectorStatusWriter } from './connector-status.writer';
import { connectorStatus } from './connector.status';
import { TransitionEvents } from './transition-events';

const signal = new AbortController().signal;
const now = Date.parse('2026-01-01T00:00:00Z');
const path = { httpAddress: { url: 'http://c-a.default' } };

/** An API server that accepts a patch only for its current version, and numbers its versions. */
class Stored {
  readonly patches: object[] = [];
  #version = 1;

  readonly patchStatus = (async (
    _type: unknown,
    _key: unknown,
    patch: { metadata: { resourceVersion: string }; status: ConnectorStatus },
  ) => {
    if (patch.metadata.resourceVersion !== String(this.#version)) {
      throw new Error('conflict');
    }
    this.#version += 1;
    this.patches.push(patch);
    // RFC 7386: null removes a field.
    const status = JSON.parse(JSON.stringify(patch.status), (_key, value: unknown) => value ?? undefined) as ConnectorStatus;
    return {
      ...aConnector({ name: 'a', status }),
      metadata: { ...aConnector({ name: 'a' }).metadata, resourceVersion: String(this.#version) },
    };
  }) as unknown as KubeClient['patchStatus'];
}

function condition(status: Condition['status'], reason?: string): ConnectorStatus {
  return connectorStatus(aConnector(), { outcomes: [{ type: 'LivenessReady', status, reason }], proxy: path }, now);
}

describe('ConnectorStatusWriter', () => {
  let stored: Stored;
  let notes: string[];
  let gauge: Map<string, boolean>;
  let writer: ConnectorStatusWriter;
  let events: TransitionEvents;
  let timers: { readonly callback: () => void; readonly ms: number }[];
  /** The object of the watch, which lags behind. */
  const watched = aConnector({ name: 'a' });

  beforeEach(() => {
    stored = new Stored();
    notes = [];
    gauge = new Map();
    const record = (_object: object, { type, reason }: EventNote): void => void notes.push(`${type} ${reason}`);
    timers = [];
    const setTimeout = (callback: () => void, ms: number): Timer => {
      const timer = { callback, ms, cancel: (): void => void (timers = timers.filter((other) => other !== timer)) };
      timers.push(timer);
      return timer;
    };
    events = new TransitionEvents({ events: { record }, clock: { setTimeout } });
    writer = new ConnectorStatusWriter({
      client: stored,
      events,
      gauge: { set: (owner, ready) => gauge.set(owner, ready), remove: (owner) => gauge.delete(owner) },
    });
  });

  it('writes a changed status once, for the version that it was computed from', async () => {
    await writer.write(writer.latest(watched), condition('Unknown', 'Checking'), signal);
    await writer.write(writer.latest(watched), condition('Unknown', 'Checking'), signal);
    expect(stored.patches).toHaveLength(1);
    expect(stored.patches[0]).toMatchObject({
      metadata: { resourceVersion: '1' },
      status: { proxy: { httpAddress: { url: 'http://c-a.default' }, httpsAddress: null } },
    });
  });

  it('continues from its own writes until the watch delivers them', async () => {
    await writer.write(writer.latest(watched), condition('Unknown', 'Checking'), signal);
    await writer.write(writer.latest(watched), condition('False', 'ConnectionFailed'), signal);
    await writer.write(writer.latest(watched), condition('True'), signal);
    expect(stored.patches).toHaveLength(3);
    const shown: Connector = { ...watched, metadata: { ...watched.metadata, resourceVersion: '9' } };
    expect(writer.latest(shown)).toBe(shown);
  });

  it('recognises only its own writes, including those before the last', async () => {
    const at = (resourceVersion: string): Connector => ({ ...watched, metadata: { ...watched.metadata, resourceVersion } });
    expect(writer.isOwnWrite(at('2'))).toBe(false);
    await writer.write(writer.latest(watched), condition('Unknown', 'Checking'), signal);
    await writer.write(writer.latest(watched), condition('True'), signal);
    expect(['2', '3', '4'].map((version) => writer.isOwnWrite(at(version)))).toEqual([true, true, false]);
    // The watch has delivered the first write but not the second: our own object is newer.
    expect(writer.latest(at('2')).metadata.resourceVersion).toBe('3');
    const wiped = at('4');
    expect(writer.latest(wiped)).toBe(wiped);
  });

  it('continues from the watch once it has delivered the write', async () => {
    await writer.write(writer.latest(watched), condition('Unknown', 'Checking'), signal);
    const shown: Connector = { ...watched, metadata: { ...watched.metadata, resourceVersion: '2' } };
    await writer.write(writer.latest(shown), condition('False', 'ConnectionFailed'), signal);
    expect(writer.latest(shown).metadata.resourceVersion).toBe('3');
  });

  it('does not confuse a Connector with an earlier one of the same name', async () => {
    await writer.write(writer.latest(watched), condition('True'), signal);
    const another: Connector = { ...watched, metadata: { ...watched.metadata, uid: 'another' } };
    expect(writer.latest(another)).toBe(another);
  });

  it('records Events for False and for Ready, and none for Unknown', async () => {
    await writer.write(writer.latest(watched), condition('Unknown', 'Checking'), signal);
    expect(notes).toEqual([]);
    await writer.write(writer.latest(watched), condition('False', 'ConnectionFailed'), signal);
    await writer.write(writer.latest(watched), condition('False', 'NotARegistry'), signal);
    await writer.write(writer.latest(watched), condition('True'), signal);
    expect(notes).toEqual(['Warning ConnectionFailed', 'Warning NotARegistry', 'Normal Ready']);
  });

  it('records no Warning when a Secret is created just after its Connector, but writes the condition immediately', async () => {
    await writer.write(writer.latest(watched), condition('False', 'SecretNotFound'), signal);
    expect(stored.patches).toHaveLength(1);
    expect(timers.map(({ ms }) => ms)).toEqual([1_000]);
    await writer.write(writer.latest(watched), condition('True'), signal);
    expect(timers).toEqual([]);
    expect(notes).toEqual(['Normal Ready']);
  });

  it('warns of a Secret that is still missing after a second, unless the Connector was deleted or the term has ended', async () => {
    await writer.write(writer.latest(watched), condition('False', 'SecretNotFound'), signal);
    timers[0]?.callback();
    expect(notes).toEqual(['Warning SecretNotFound']);
    await writer.write(writer.latest(watched), condition('False', 'ConnectorClassNotFound'), signal);
    events.stop();
    expect(timers.slice(1)).toEqual([]);
    await writer.write(writer.latest(watched), condition('False', 'SecretNotFound'), signal);
    writer.forget('default/a');
    expect(timers.slice(1)).toEqual([]);
    expect(notes).toEqual(['Warning SecretNotFound']);
  });

  it('sets the gauge, and removes it with the Connector', async () => {
    await writer.write(writer.latest(watched), condition('False', 'ConnectionFailed'), signal);
    expect(gauge).toEqual(new Map([['default/a', false]]));
    await writer.write(writer.latest(watched), condition('True'), signal);
    expect(gauge).toEqual(new Map([['default/a', true]]));
    writer.forget('default/a');
    expect(gauge.size).toBe(0);
  });

  it('removes the addresses with null, as a merge patch requires', async () => {
    await writer.write(writer.latest(watched), condition('True'), signal);
    const without = connectorStatus(
      writer.latest(watched),
      { outcomes: [{ type: 'LivenessReady', status: 'True' }], proxy: undefined },
      now,
    );
    await writer.write(writer.latest(watched), without, signal);
    expect(stored.patches[1]).toMatchObject({ status: { proxy: null } });
  });
});
