import { X509Certificate } from 'node:crypto';
import { checkCertificates, proxyCertificates, RenderingError } from '@oci-connector/config-rendering';
import { type Connector, connectorServiceName, PROXY_CA_KEYS, PROXY_CA_NAME, proxyServiceHost, Reason } from '@oci-connector/connector-api';
import { describeForeign, desiredService, isOurs, isUpToDate, type ResolvedClass } from '@oci-connector/diagnosis';
import { ConfigMaps, EndpointSlices, Services } from '@oci-connector/kube';
import { type ClientAddress, clientAddress } from '../../client-address';
import { type CheckContext } from '../check-context';
import { failed, type Outcome, passed, skipped } from '../outcome';

const CONTROLLER = 'the controller writes it, so check the controller';

/** Checks the Service `c-NAME`. */
export async function checkService(context: CheckContext, connector: Connector, resolved: ResolvedClass): Promise<Outcome> {
  if (resolved.connectorClass?.spec.proxy === undefined) {
    return skipped('the class has no proxy');
  }
  const { client, settings, target } = context;
  const name = connectorServiceName(target.name);
  const service = await client.find(Services, { namespace: target.namespace, name });
  if (!service) {
    return failed(
      `Service "${name}" does not exist in namespace "${target.namespace}"; ${CONTROLLER}: kubectl describe connector ${target.name} --namespace ${target.namespace}`,
      Reason.ProxyServiceNotFound,
    );
  }
  if (!isOurs(service, settings)) {
    return failed(describeForeign(service), Reason.ProxyServiceConflict);
  }
  if (!isUpToDate(service, desiredService(connector, settings))) {
    return failed(
      `Service "${name}" was changed, and does not lead to ${proxyServiceHost(settings)}; ${CONTROLLER}, or delete the Service`,
    );
  }
  return passed(`Service "${name}" leads to ${proxyServiceHost(settings)}`, undefined);
}

/** Finds the address that the controller has published. */
export async function checkAddress(connector: Connector): Promise<Outcome<ClientAddress>> {
  const address = clientAddress(connector);
  return address ? passed(address.url, address) : failed(`status.proxy has no address; ${CONTROLLER}`);
}

/** Counts the pods of the proxy that are ready. */
export async function checkProxy({ client, settings }: CheckContext, resolved: ResolvedClass): Promise<Outcome> {
  if (resolved.connectorClass?.spec.proxy === undefined) {
    return skipped('the class has no proxy');
  }
  const { namespace, proxyService } = settings;
  if (!(await client.find(Services, { namespace, name: proxyService }))) {
    return failed(`Service "${proxyService}" of the proxy does not exist in namespace "${namespace}"; install the proxy`);
  }
  const slices = await client.list(EndpointSlices, { namespace, labelSelector: `kubernetes.io/service-name=${proxyService}` });
  const ready = slices.items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  if (ready.length === 0) {
    return failed(`no pod of the proxy is ready; see why: kubectl describe pods --namespace ${namespace}`);
  }
  return passed(`${ready.length} ready`, undefined);
}

/** Checks the published authority of the proxy's certificates. */
export async function checkProxyCa({ client, settings, clock }: CheckContext, resolved: ResolvedClass): Promise<Outcome> {
  if (resolved.connectorClass?.spec.proxy === undefined) {
    return skipped('the class has no proxy');
  }
  const configMap = await client.find(ConfigMaps, { namespace: settings.namespace, name: PROXY_CA_NAME });
  if (!configMap) {
    return failed(`ConfigMap "${PROXY_CA_NAME}" does not exist in namespace "${settings.namespace}"; ${CONTROLLER}`);
  }
  try {
    const bundle = proxyCertificates(configMap.data?.[PROXY_CA_KEYS.bundle] ?? '');
    checkCertificates(bundle);
    return judgeExpiry(bundle, clock.now());
  } catch (error) {
    if (error instanceof RenderingError) {
      return failed(error.message);
    }
    throw error;
  }
}

/** While the authority is rotated there are two certificates, and the older one may be near its end. */
function judgeExpiry(bundle: string, now: number): Outcome {
  const ends = (bundle.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem).validTo);
  const last = ends.sort((one, other) => Date.parse(other) - Date.parse(one))[0] ?? '';
  if (Date.parse(last) < now) {
    return failed(`the authority in ConfigMap "${PROXY_CA_NAME}" expired on ${last}; ${CONTROLLER}`);
  }
  return passed(`valid until ${last}`, undefined);
}
