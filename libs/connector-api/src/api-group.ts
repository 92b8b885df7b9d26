/** The API group of our custom resources. */
export const API_GROUP = 'connectors.alauda.io';

/** The one version of the API that is served and stored. */
export const API_VERSION = 'v1alpha1';

/** `apiVersion` of every Connector and ConnectorClass. */
export const API_GROUP_VERSION = 'connectors.alauda.io/v1alpha1';

/** The audience of ServiceAccount tokens that the proxy accepts, when the installation names no other. */
export const DEFAULT_AUDIENCE = 'connectors-proxy';

/** The cluster's DNS domain, when the installation names no other. */
export const DEFAULT_CLUSTER_DOMAIN = 'cluster.local';

/** On a Connector or ConnectorClass: what it is for, for people. */
export const DESCRIPTION_ANNOTATION = 'cpaas.io/description';

/** On a ConnectorClass: the name to show instead of `metadata.name`. */
export const DISPLAY_NAME_ANNOTATION = 'cpaas.io/display-name';

/** On a ConnectorClass: whether the proxy address carries the connector in its `host` (default) or its `path`. */
export const CLASS_PROXY_RESOLVER_ANNOTATION = 'connectors.cpaas.io/proxy-resolver';

/** On a ConnectorClass: an icon for a user interface. */
export const CLASS_ICON_ANNOTATION = 'ui.cpaas.io/icon';

/** On a ConnectorClass: a description in Markdown. */
export const CLASS_README_ANNOTATION = 'connectors.cpaas.io/readme';

/** On a ConnectorClass: where its documentation is. */
export const CLASS_DOCS_LINK_ANNOTATION = 'connectors.cpaas.io/docs-link';

/** On a Connector: the name of its class, so that policies and queries can select by it. */
export const CONNECTOR_CLASS_LABEL = 'connectors.alauda.io/connectorclass';
