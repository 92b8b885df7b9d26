import { connectorPath } from '@oci-connector/connector-api';
import { type InstallationSettings } from '@oci-connector/runtime';
import { type NamespacedName } from '../../installation/namespaced-name';
import { type ClientAddress } from '../client-address';

/** Returns how a client logs in to the Connector with a token. */
export function loginInstructions({ namespace, name }: NamespacedName, { url, audience, caCertificates }: ClientAddress): string {
  const { host, pathname } = new URL(url);
  return [
    `Connector ${namespace}/${name}: ${url}`,
    '',
    'Images:',
    `  ${host}${pathname.replace(/\/$/, '')}/REPOSITORY:TAG`,
    '',
    'Log in with a token of a ServiceAccount that may use the Connector; any user name works:',
    `  kubectl create token SERVICEACCOUNT --namespace NAMESPACE --audience ${audience} --duration 1h |`,
    `    docker login --username connectors --password-stdin ${host}`,
    '',
    ...(caCertificates === undefined ? [] : howToTrust({ namespace, name })),
    'All files at once, with a token:',
    `  connectors config ${namespace}/${name} --as NAMESPACE/SERVICEACCOUNT --directory DIR`,
    '',
  ].join('\n');
}

function howToTrust({ namespace, name }: NamespacedName): string[] {
  return [
    "The certificate authority of the proxy's certificates, for the client:",
    `  kubectl get connector ${name} --namespace ${namespace} --output jsonpath='{.status.proxy.httpsAddress.CACerts}' >ca.crt`,
    '',
  ];
}

/** Returns what to do when the address has a meaning only inside of the cluster; undefined when it can be used outside, too. */
export function insideOnly(connector: NamespacedName, { url }: ClientAddress, settings: InstallationSettings): string | undefined {
  const { namespace, proxyService, clusterDomain } = settings;
  const { hostname } = new URL(url);
  if (!hostname.endsWith('.svc') && !hostname.endsWith(`.svc.${clusterDomain}`)) {
    return undefined;
  }
  return [
    `${hostname} has an address only inside of the cluster. Set OCI_CONNECTOR_EXTERNAL_HTTPS_URL of the installation, or forward a port:`,
    `  kubectl port-forward --namespace ${namespace} service/${proxyService} 8080:80`,
    `  # then the images are localhost:8080${connectorPath(connector)}/REPOSITORY:TAG`,
  ].join('\n');
}
