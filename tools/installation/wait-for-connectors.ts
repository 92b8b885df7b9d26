import { setTimeout as delay } from 'node:timers/promises';
import { type Condition, type Connector, protocolOf } from '@oci-connector/connector-api';
import { ConnectorClasses, Connectors, type KubeClient } from '@oci-connector/kube';
import { type NamespacedName } from './namespaced-name';

/** The status of the condition Ready, with the reason and message of the condition that causes it. */
export interface Verdict extends NamespacedName {
  readonly ready: string;
  readonly reason: string;
  readonly message: string;
  readonly proxyUrl: string;
  /** Protocol of its class; absent if the class does not exist. */
  readonly protocol?: string;
  readonly connector: Connector;
}

const DEADLINE_MS = 30_000;

/**
 * The controller evaluates a Connector as soon as it exists, but its Secret may be created a moment later: in many files it is the last
 * object. So a negative result counts only after it has been stable for this time, in milliseconds.
 */
const SETTLED_MS = 3_000;

/** Waits until each Connector is Ready or not Ready. After the deadline, returns the current state. */
export async function waitForConnectors(client: KubeClient, keys: readonly NamespacedName[]): Promise<Verdict[]> {
  const deadline = Date.now() + DEADLINE_MS;
  let judgedAt: number | undefined;
  for (;;) {
    const verdicts = await Promise.all(keys.map((key) => judge(client, key)));
    if (verdicts.every(({ ready }) => ready === 'True') || Date.now() > deadline) {
      return verdicts;
    }
    const judged = verdicts.every(({ ready }) => ready === 'True' || ready === 'False');
    judgedAt = judged ? (judgedAt ?? Date.now()) : undefined;
    if (judgedAt !== undefined && Date.now() - judgedAt > SETTLED_MS) {
      return verdicts;
    }
    await delay(100);
  }
}

const NOT_JUDGED: Judgement = { status: 'Unknown' };

async function judge(client: KubeClient, { namespace, name }: NamespacedName): Promise<Verdict> {
  const connector = await client.get(Connectors, { namespace, name });
  const connectorClass = await client.find(ConnectorClasses, { name: connector.spec.connectorClassName });
  const { ready, cause } = judgement(connector);
  return {
    namespace,
    name,
    ready: ready.status,
    reason: ready.reason ?? '',
    message: cause.message ?? '',
    proxyUrl: connector.status?.proxy?.httpAddress?.url ?? '',
    protocol: connectorClass && protocolOf(connectorClass),
    connector,
  };
}

type Judgement = Pick<Condition, 'status' | 'reason' | 'message'>;

function judgement({ status = {} }: Connector): { ready: Judgement; cause: Judgement } {
  const conditions = status.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready') ?? NOT_JUDGED;
  // Ready copies the reason of the failing condition, whose message says what to do.
  const cause = conditions.find((condition) => condition.status === 'False' && condition.reason === ready.reason) ?? ready;
  return { ready, cause };
}
