/** The API group of our custom resources. */
export const API_GROUP = 'connectors.alauda.io';

/** The only version of the API that is served and stored. */
export const API_VERSION = 'v1alpha1';

/** `apiVersion` of every Connector and ConnectorClass. */
export const API_GROUP_VERSION = 'connectors.alauda.io/v1alpha1';

/** The audience of ServiceAccount tokens that the proxy accepts, when the installation names no other. */
export const DEFAULT_AUDIENCE = 'connectors-proxy';

/** The cluster's DNS domain, when the installation names no other. */
export const DEFAULT_CLUSTER_DOMAIN = 'cluster.local';

/** Annotation of a ConnectorClass: whether the proxy address names the connector in its `host` (default) or its `path`. */
export const CLASS_PROXY_RESOLVER_ANNOTATION = 'connectors.cpaas.io/proxy-resolver';
