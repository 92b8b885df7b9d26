import { ConditionType, Reason, connectorServiceName, proxyResolverOf, type ConnectorProxyStatus } from '@oci-connector/connector-api';
import { KubeApiError, Services, type Service } from '@oci-connector/kube';
import { waitsFor, type ConditionOutcome } from '../../status/conditions';
import { type ConnectorScope, type ResolvedClass } from '../connector-scope';
import { PROXY_RESOLVERS, proxyAddresses, type ProxyResolver } from '../proxy-addresses';
import { desiredService, describeForeign, isOurs, isUpToDate, repaired } from '../proxy-service';

const type = ConditionType.ProxyServiceReady;

/** What is known of the Service, and of the addresses that go with it. */
export interface EnsuredService {
  readonly outcome: ConditionOutcome;
  readonly proxy: ConnectorProxyStatus | undefined;
}

/** Makes, adopts or repairs the Service `c-NAME`; takes it away when the class has no proxy. */
export async function ensureProxyService(scope: ConnectorScope, { connectorClass }: ResolvedClass): Promise<EnsuredService> {
  if (!connectorClass) {
    return { outcome: waitsFor(type, ConditionType.ConnectorClassReady), proxy: keptAddresses(scope) };
  }
  if (connectorClass.spec.proxy === undefined) {
    return removeService(scope);
  }
  const outcome = await ensure(scope);
  // Behind the name of somebody else's Service sits somebody else, to whom no client may be sent with its token.
  if (outcome.status !== 'True') {
    return { outcome, proxy: undefined };
  }
  return { outcome, proxy: addressesBy(scope, proxyResolverOf(connectorClass)) };
}

function addressesBy({ connector, tools }: ConnectorScope, resolver: ProxyResolver): ConnectorProxyStatus {
  const caBundle = tools.view.caBundle() ?? connector.status?.proxy?.httpsAddress?.CACerts;
  return proxyAddresses(connector, resolver, { installation: tools.installation, caBundle });
}

/** Only the class says in which form the addresses are. While it is missing the known form stays, but no address that we never gave. */
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
    // A quota, an admission policy, or a role that is missing: somebody has to act, and should read about it here.
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
  // Asked directly: the watch sees only Services with our label, and may be behind.
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

/** Somebody else's Service of that name is left alone. */
async function removeService({ connector, namespace, tools, signal }: ConnectorScope): Promise<EnsuredService> {
  const key = { namespace, name: connectorServiceName(connector.metadata.name) };
  // Asked directly: the watch does not see a Service whose label somebody has taken away.
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
