import { type ClassConfiguration, type Connector, type ConnectorClass, PROXY_CONFIGURATION } from '@oci-connector/connector-api';
import { quoted } from '@oci-connector/sensitive';
import { REQUESTED_FILES } from './built-in-files';
import { RenderingError } from './rendering.errors';
import { type MountedConnector, type VolumeRequest } from './volume-request';

/** A configuration that the volume requests, with its class and the mounted Connectors of that class. */
export interface SelectedConfiguration {
  readonly connectorClass: ConnectorClass;
  readonly connectors: readonly Connector[];
  readonly configuration: ClassConfiguration;
}

/**
 * Returns the configurations that `configuration.names` requests, in that order. If several classes have a configuration of
 * one name, all of them are selected. Connectors of one class share one rendering.
 *
 * @throws RenderingError (ConfigurationNotFound) when no class has a configuration of the name, and it is no name of a built-in file
 */
export function selectConfigurations({ connectors, configurationNames }: VolumeRequest): SelectedConfiguration[] {
  const classes = [...groupByClass(connectors).values()];
  return [...new Set(configurationNames)].flatMap((name) => {
    if (name === PROXY_CONFIGURATION) {
      throw proxyIsNone();
    }
    const selected = classes.flatMap((group) => configurationsOf(group).filter(({ configuration }) => configuration.name === name));
    if (selected.length === 0 && !REQUESTED_FILES.has(name)) {
      throw notFound(name, classes.flatMap(configurationsOf));
    }
    return selected;
  });
}

function groupByClass(mounted: readonly MountedConnector[]): Map<string, { connectorClass: ConnectorClass; connectors: Connector[] }> {
  const groups = new Map<string, { connectorClass: ConnectorClass; connectors: Connector[] }>();
  for (const { connector, connectorClass } of mounted) {
    const { name } = connectorClass.metadata;
    const group = groups.get(name) ?? { connectorClass, connectors: [] };
    groups.set(name, group);
    group.connectors.push(connector);
  }
  return groups;
}

function configurationsOf(group: { connectorClass: ConnectorClass; connectors: Connector[] }): SelectedConfiguration[] {
  return (group.connectorClass.spec.configurations ?? []).map((configuration) => ({ ...group, configuration }));
}

function notFound(name: string, available: readonly SelectedConfiguration[]): RenderingError {
  const names = available.map(({ connectorClass, configuration }) => `${configuration.name} (class ${connectorClass.metadata.name})`);
  const advice = `choose one of ${[...names, ...REQUESTED_FILES.keys()].join(', ')}`;
  return new RenderingError('ConfigurationNotFound', `configuration.names: there is no configuration ${quoted(name)}; ${advice}`);
}

/** Also for classes that were stored before the name was reserved. */
function proxyIsNone(): RenderingError {
  const name = quoted(PROXY_CONFIGURATION);
  const message = `configuration.names: ${name} is no configuration, because every volume has the files of the forward proxy; remove it here (configuration.params may have values for it)`;
  return new RenderingError('ConfigurationNotFound', message);
}
