import { type Environment } from './environment';

/** The form of the value of NAME_PORT that Kubernetes sets for a Service `name`. A port in a configuration never has this form. */
const LINK = /^(tcp|udp|sctp):\/\//;

/**
 * Returns the settings whose values Kubernetes set for a Service
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables). For a Service `oci-connector-admin`, Kubernetes
 * sets OCI_CONNECTOR_ADMIN_PORT to `tcp://10.0.0.1:80` in every container of the namespace. The other variables that it sets
 * (…_SERVICE_HOST, …_SERVICE_PORT…, …_PORT_…) are not settings.
 */
export function serviceLinksAmong(settings: readonly string[], environment: Environment): string[] {
  return settings.filter((name) => name.endsWith('_PORT') && LINK.test(environment[name] ?? ''));
}
