import { type Environment } from './environment';

/** What Kubernetes sets NAME_PORT to for a Service `name`; nobody writes a port like that. */
const LINK = /^(tcp|udp|sctp):\/\//;

/**
 * The settings whose values Kubernetes made of a Service (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables): one of
 * the name `oci-connector-admin` sets OCI_CONNECTOR_ADMIN_PORT to `tcp://10.0.0.1:80` in every container of its namespace. Of the other
 * variables that it makes (…_SERVICE_HOST, …_SERVICE_PORT…, …_PORT_…) none is a setting.
 */
export function serviceLinksAmong(settings: readonly string[], environment: Environment): string[] {
  return settings.filter((name) => name.endsWith('_PORT') && LINK.test(environment[name] ?? ''));
}
