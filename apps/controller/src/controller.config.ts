import { durationText, InstallationSettings, type RelatedSettings, Setting } from '@oci-connector/runtime';
import { IsArray, IsInt, IsString, Max, Min } from 'class-validator';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Shorter timeouts fail healthy registries on the other side of the world. */
const MIN_TIMEOUT = 100;

/** The environment of the process. */
export const environment = process.env;

/** Settings of the controller. */
export class ControllerSettings extends InstallationSettings implements RelatedSettings {
  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CONCURRENCY',
    kind: 'integer',
    description: 'Connectors reconciled at the same time. Probes do not count: they run by themselves.',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  concurrency = 10;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_PROBE_CONCURRENCY',
    kind: 'integer',
    description: 'Probes of registries that run at the same time.',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  probeConcurrency = 100;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_LIVENESS_PERIOD',
    kind: 'duration',
    description: 'Time between two liveness probes of a Connector, give or take a tenth.',
  })
  @Min(SECOND)
  livenessPeriod = MINUTE;

  @Setting({ name: 'OCI_CONNECTOR_CONTROLLER_LIVENESS_TIMEOUT', kind: 'duration', description: 'Longest time for one liveness probe.' })
  @Min(MIN_TIMEOUT)
  livenessTimeout = 10 * SECOND;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CREDENTIAL_PERIOD',
    kind: 'duration',
    description: 'Time between two probes of the credential of a Connector, give or take a tenth.',
  })
  @Min(SECOND)
  credentialPeriod = 10 * MINUTE;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CREDENTIAL_TIMEOUT',
    kind: 'duration',
    description: 'Longest time for one probe of a credential, with all its requests.',
  })
  @Min(MIN_TIMEOUT)
  credentialTimeout = 20 * SECOND;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_REFUSED_PERIOD',
    kind: 'duration',
    description:
      'Time after which a refused credential is tried again though neither Secret, Connector nor class has changed; accounts are locked after a few wrong passwords.',
  })
  @Min(SECOND)
  refusedPeriod = 30 * MINUTE;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_SECRET_NAMESPACES',
    kind: 'list',
    description: 'Namespaces in which the controller may watch and read Secrets, where it has Roles instead of a ClusterRole. Empty: all.',
  })
  @IsArray()
  @IsString({ each: true })
  secretNamespaces: string[] = [];

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CA_LIFETIME',
    kind: 'duration',
    description: "Lifetime of the proxy's certificate authority; the next one is made after two thirds of it.",
    max: 10 * 365 * 24 * HOUR,
  })
  @Min(HOUR)
  caLifetime = 365 * 24 * HOUR;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CA_PUBLICATION',
    kind: 'duration',
    description:
      'How long a new certificate authority is published before it signs. More than the longest life of a client process that reads the bundle once.',
  })
  @Min(SECOND)
  caPublication = 24 * HOUR;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_LEASE_NAME',
    kind: 'string',
    description: 'Name of the Lease by which replicas agree who works.',
  })
  @IsString()
  leaseName = 'connectors-controller';

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_LEASE_DURATION',
    kind: 'duration',
    description: 'Time after which another replica takes over from one that is gone without a word.',
  })
  @Min(3 * SECOND)
  leaseDuration = 15 * SECOND;

  conflicts(): readonly string[] {
    const third = this.caLifetime / 3;
    if (this.caPublication < third) {
      return [];
    }
    return [
      `OCI_CONNECTOR_CONTROLLER_CA_PUBLICATION: must be less than a third of OCI_CONNECTOR_CONTROLLER_CA_LIFETIME (${durationText(third)}), in which the next authority has to be published and to begin signing`,
    ];
  }
}
