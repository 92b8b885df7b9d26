import { CONTROLLER_LEASE_NAME } from '@oci-connector/connector-api';
import { durationText, type Environment, InstallationSettings, type RelatedSettings, Setting } from '@oci-connector/runtime';
import { IsArray, IsInt, IsString, Max, Min } from 'class-validator';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** In milliseconds. Shorter timeouts fail for healthy registries that are far away. */
const MIN_TIMEOUT = 100;

/** The environment of this process. Only this file reads it. */
export const environment: Environment = process.env;

/** Settings of the controller. */
export class ControllerSettings extends InstallationSettings implements RelatedSettings {
  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CONCURRENCY',
    kind: 'integer',
    description: 'Number of Connectors that are reconciled at the same time, without their probes, which run separately.',
  })
  @IsInt()
  @Min(1)
  @Max(1_000)
  concurrency = 10;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_PROBE_CONCURRENCY',
    kind: 'integer',
    description: 'Number of probes of registries that run at the same time.',
  })
  @IsInt()
  @Min(1)
  @Max(10_000)
  probeConcurrency = 100;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_LIVENESS_PERIOD',
    kind: 'duration',
    description: 'Time between two liveness probes of a Connector, plus or minus 10 %.',
  })
  @Min(SECOND)
  livenessPeriod = MINUTE;

  @Setting({ name: 'OCI_CONNECTOR_CONTROLLER_LIVENESS_TIMEOUT', kind: 'duration', description: 'Timeout of one liveness probe.' })
  @Min(MIN_TIMEOUT)
  livenessTimeout = 10 * SECOND;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CREDENTIAL_PERIOD',
    kind: 'duration',
    description: 'Time between two probes of the credential of a Connector, plus or minus 10 %.',
  })
  @Min(SECOND)
  credentialPeriod = 10 * MINUTE;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CREDENTIAL_TIMEOUT',
    kind: 'duration',
    description: 'Timeout of one probe of a credential, with all its requests.',
  })
  @Min(MIN_TIMEOUT)
  credentialTimeout = 20 * SECOND;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_REFUSED_PERIOD',
    kind: 'duration',
    description:
      'Time after which a refused credential is tried again, if Secret, Connector and class have not changed. Registries lock accounts after a few wrong passwords.',
  })
  @Min(SECOND)
  refusedPeriod = 30 * MINUTE;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_SECRET_NAMESPACES',
    kind: 'list',
    description: 'Namespaces in which the controller may watch and read Secrets, if it has Roles instead of a ClusterRole. Empty: all.',
  })
  @IsArray()
  @IsString({ each: true })
  secretNamespaces: string[] = [];

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CA_LIFETIME',
    kind: 'duration',
    description: "Lifetime of the proxy's certificate authority. The next one is made after two thirds of it.",
    max: 10 * 365 * 24 * HOUR,
  })
  @Min(HOUR)
  caLifetime = 365 * 24 * HOUR;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_CA_PUBLICATION',
    kind: 'duration',
    description:
      'Time for which a new certificate authority is published before it signs. Must exceed 5 minutes, in which volumes follow, and the longest run time of a client that reads the bundle only once.',
  })
  @Min(SECOND)
  caPublication = 24 * HOUR;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_LEASE_NAME',
    kind: 'string',
    description: 'Name of the Lease by which the replicas elect their leader.',
  })
  @IsString()
  leaseName = CONTROLLER_LEASE_NAME;

  @Setting({
    name: 'OCI_CONNECTOR_CONTROLLER_LEASE_DURATION',
    kind: 'duration',
    description: 'Time after which another replica takes over from a leader that no longer renews the Lease.',
  })
  @Min(3 * SECOND)
  leaseDuration = 15 * SECOND;

  conflicts(): readonly string[] {
    const third = this.caLifetime / 3;
    if (this.caPublication < third) {
      return [];
    }
    return [
      `OCI_CONNECTOR_CONTROLLER_CA_PUBLICATION: must be less than a third of OCI_CONNECTOR_CONTROLLER_CA_LIFETIME (${durationText(third)}), because the next authority must be published and start to sign within that third`,
    ];
  }
}
