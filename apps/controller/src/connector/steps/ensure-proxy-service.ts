import { ConditionType, Reason, connectorServiceName, proxyResolverOf, type ConnectorProxyStatus } from '@oci-connector/connector-api';
import {
  type ConditionOutcome,
  describeForeign,
  desiredService,
  isOurs,
  isUpToDate,
  repaired,
  type ResolvedClass,
  waitsFor,
} from '@oci-connector/diagnosis';
import { KubeApiError, Services, type Service } from '@oci-connector/kube';
import { type ConnectorScope } from '../connector-scope';
import { PROXY_RESOLVERS, proxyAddresses, type ProxyResolver } from '../proxy-addresses';

const type = ConditionType.ProxyServiceReady;

/** The outcome for the Service, and the addresses of the Connector. */
export interface EnsuredService {
  readonly outcome: ConditionOutcome;
  readonly proxy: ConnectorProxyStatus | undefined;
}

/** Creates, adopts or repairs the Service `c-NAME`; deletes it when the class has no proxy. */
export async function ensureProxyService(scope: ConnectorScope, { connectorClass }: ResolvedClass): Promise<EnsuredService> {
  if (!connectorClass) {
    return { outcome: waitsFor(type, ConditionType.ConnectorClassReady), proxy: keptAddresses(scope) };
  }
  if (connectorClass.spec.proxy === undefined) {
    return removeService(scope);
  }
  const outcome = await ensure(scope);
  // A foreign Service leads to another server, so no address is published: clients would send their tokens there.
  if (outcome.status !== 'True') {
    return { outcome, proxy: undefined };
  }
  return { outcome, proxy: addressesBy(scope, proxyResolverOf(connectorClass)) };
}

function addressesBy({ connector, tools }: ConnectorScope, resolver: ProxyResolver): ConnectorProxyStatus {
  const caBundle = tools.view.caBundle() ?? connector.status?.proxy?.httpsAddress?.CACerts;
  return proxyAddresses(connector, resolver, { installation: tools.installation, caBundle });
}

/** The class sets the form of the addresses. Without it, keeps the known form, but only an address that the controller can have written. */
function keptAddresses(scope: ConnectorScope): ConnectorProxyStatus | undefined {
  const known = scope.connector.status?.proxy?.httpAddress?.url;
  return PROXY_RESOLVERS.map((resolver) => addressesBy(scope, resolver)).find(({ httpAddress }) => httpAddress?.url === known);
}

async function ensure(scope: ConnectorScope): Promise<ConditionOutcome> {
  const { connector, tools } = scope;
  const desired = desiredService(connector, tools.installation);
  const known = tools.view.service(desired.metadata);
  if (known && isOurs(known, tools.installation) && isUpToDate(known, desired)) {
    return { type, status: 'True' };
  }
  try {
    return await write(scope, desired);
  } catch (error) {
    // A quota, an admission policy or a missing role: a user must act, so the condition reports it.
    if (!(error instanceof KubeApiError) || error.retryable) {
      throw error;
    }
    return {
      type,
      status: 'False',
      reason: Reason.ProxyServiceNotFound,
      message: `Service "${desired.metadata.name}" could not be written: ${error.message}`,
    };
  }
}

async function write({ tools, signal }: ConnectorScope, desired: Service): Promise<ConditionOutcome> {
  const { client, installation } = tools;
  // Reads from the API server: the watch has only Services with our label, and may be behind.
  const existing = await client.find(Services, desired.metadata, { signal });
  if (!existing) {
    await client.create(Services, desired, { signal });
  } else if (!isOurs(existing, installation)) {
    return { type, status: 'False', reason: Reason.ProxyServiceConflict, message: describeForeign(existing) };
  } else if (!isUpToDate(existing, desired)) {
    await client.update(Services, repaired(existing, desired), { signal });
  }
  return { type, status: 'True' };
}

/** Deletes the Service; a foreign one of that name is left unchanged. */
async function removeService({ connector, namespace, tools, signal }: ConnectorScope): Promise<EnsuredService> {
  const key = { namespace, name: connectorServiceName(connector.metadata.name) };
  // Reads from the API server: the watch has no Service whose label was removed.
  const existing = await tools.client.find(Services, key, { signal });
  if (existing && isOurs(existing, tools.installation)) {
    await tools.client.delete(Services, key, { uid: existing.metadata.uid, signal }).catch(ignoreNotFound);
  }
  return { outcome: { type, status: 'True', reason: Reason.NonProxy }, proxy: undefined };
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof KubeApiError) || !error.isNotFound) {
    throw error;
  }
}
