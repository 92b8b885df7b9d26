import { type Connector } from '@oci-connector/connector-api';
import { checkCaCertificate, checkSecret, resolveClass, validateAgainstClass } from '@oci-connector/diagnosis';
import { formatKey, type ObjectKey, type Reconciler, type ReconcileResult } from '@oci-connector/kube';
import { type ConnectorScope, type ConnectorTools } from './connector-scope';
import { connectorStatus } from './connector.status';
import { type ConnectorStatusWriter } from './connector-status.writer';
import { ensureProxyService } from './steps/ensure-proxy-service';
import { probeCredentials } from './steps/probe-credentials';
import { probeLiveness } from './steps/probe-liveness';

/** Changes arrive by watches. This period is for changes that no watch delivers, such as the deletion of a foreign Service. */
const LOOK_AGAIN_MS = 600_000;
/** Shorter, because a user may be waiting for a correction to take effect. */
const LOOK_AGAIN_BROKEN_MS = 60_000;
/** Up to a quarter longer, so that Connectors created together spread out. */
const JITTER = 0.25;

export interface ConnectorReconcilerOptions {
  readonly tools: ConnectorTools;
  readonly writer: ConnectorStatusWriter;
  readonly now: () => number;
  readonly random: () => number;
}

/** Reconciles one Connector: checks its class, Secret and CA, ensures its Service, probes its registry and writes the status. */
export class ConnectorReconciler implements Reconciler {
  constructor(private readonly options: ConnectorReconcilerOptions) {}

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult | void> {
    const { tools, writer, now } = this.options;
    const known = tools.view.connector(key);
    if (!known || known.metadata.deletionTimestamp !== undefined) {
      return this.#forget(formatKey(key));
    }
    const scope = this.#scopeOf(writer.latest(known), signal);

    const named = resolveClass(scope, tools.view.connectorClass(scope.connector.spec.connectorClassName));
    const resolved = validateAgainstClass(scope, named);
    const secret = await checkSecret(scope, resolved);
    const ca = await checkCaCertificate(scope);
    const service = await ensureProxyService(scope, resolved);
    const liveness = probeLiveness(scope, resolved, ca);
    const auth = probeCredentials(scope, { resolved, secret, ca });

    const outcomes = [resolved.outcome, secret.outcome, liveness, auth, service.outcome, ca.outcome];
    const status = connectorStatus(
      scope.connector,
      { outcomes: resolved.api ? [...outcomes, resolved.api] : outcomes, proxy: service.proxy },
      now(),
    );
    await writer.write(scope.connector, status, signal);
    return this.#lookAgain(outcomes.every((outcome) => outcome.status === 'True'));
  }

  #scopeOf(connector: Connector, signal: AbortSignal): ConnectorScope {
    const { name, namespace = '' } = connector.metadata;
    return { connector, namespace, owner: formatKey({ namespace, name }), tools: this.options.tools, signal };
  }

  #forget(owner: string): void {
    const { tools, writer } = this.options;
    tools.prober.forget(owner, 'liveness');
    tools.prober.forget(owner, 'credential');
    writer.forget(owner);
  }

  #lookAgain(isWell: boolean): ReconcileResult {
    const period = isWell ? LOOK_AGAIN_MS : LOOK_AGAIN_BROKEN_MS;
    return { requeueAfterMs: period * (1 + JITTER * this.options.random()) };
  }
}
