import { setTimeout as delay } from 'node:timers/promises';
import { type Condition, type Connector, protocolOf } from '@oci-connector/connector-api';
import { ConnectorClasses, Connectors, type KubeClient } from '@oci-connector/kube';
import { type NamespacedName } from './namespaced-name';

/** `True`, `False` or `Unknown`, with the reason and the message of the condition that says why. */
export interface Verdict extends NamespacedName {
  readonly ready: string;
  readonly reason: string;
  readonly message: string;
  readonly proxyUrl: string;
  /** Of its class; absent when there is no such class. */
  readonly protocol?: string;
  readonly connector: Connector;
}

const DEADLINE_MS = 30_000;

/**
 * A Connector is judged as soon as it is there, and what it names may come a moment later: in many files the Secret stands last. So
 * a bad verdict counts when it has stood for this long.
 */
const SETTLED_MS = 3_000;

/** Waits until each Connector is Ready or has been judged not to be; what is still open at the deadline is reported as it stands. */
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
  // Ready copies the reason of the condition that fails; that one has the message that says what to do.
  const cause = conditions.find((condition) => condition.status === 'False' && condition.reason === ready.reason) ?? ready;
  return { ready, cause };
}
