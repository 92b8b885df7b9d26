import { isAddressRange } from '@oci-connector/egress';
import { IsInt, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
import { DNS_NAME, ProgramSettings } from './program-settings';
import { Setting } from './settings';

/** Each item of the list is an address range that the egress policy can read. */
export const AreRanges = (examples: string): PropertyDecorator =>
  ValidateBy(
    { name: 'areRanges', validator: { validate: isAddressRange } },
    { each: true, message: `must be a list of ranges like ${examples}` },
  );

/** Further settings that controller and proxy share: the address of the proxy, and where connections may go. */
export class InstallationSettings extends ProgramSettings {
  @Setting({
    name: 'OCI_CONNECTOR_PROXY_SERVICE',
    kind: 'string',
    description: "Name of the proxy's Service, in the namespace of the installation.",
  })
  @Matches(DNS_NAME)
  proxyService = 'connectors-proxy-service';

  @Setting({
    name: 'OCI_CONNECTOR_EXTERNAL_HTTP_URL',
    kind: 'string',
    description:
      'Base URL under which clients reach the http listener from outside the cluster, for example http://localhost:8080. Empty: clients use only the Services.',
  })
  @Matches(/^(http:\/\/[^/?#@\s]+)?$/, { message: 'must look like http://HOST[:PORT], with no path' })
  externalHttpUrl = '';

  @Setting({
    name: 'OCI_CONNECTOR_EXTERNAL_HTTPS_URL',
    kind: 'string',
    description: 'Base URL for the https listener, for example https://registry-proxy.example.com. Empty: clients use only the Services.',
  })
  @Matches(/^(https:\/\/[^/?#@\s]+)?$/, { message: 'must look like https://HOST[:PORT], with no path' })
  externalHttpsUrl = '';

  @Setting({
    name: 'OCI_CONNECTOR_CA_BUNDLE',
    kind: 'string',
    description: 'Path of a PEM file with certificate authorities that registries may use, in addition to the system roots.',
  })
  @IsString()
  caBundle = '';

  @Setting({
    name: 'OCI_CONNECTOR_EGRESS_ALLOW_CIDRS',
    kind: 'list',
    description:
      'Address ranges to which connections are allowed although they are refused by default (loopback, link-local, the API server, Services of the installation), for example 127.0.0.1/32.',
  })
  @AreRanges('127.0.0.1/32 or ::1/128')
  egressAllowCidrs: string[] = [];

  @Setting({
    name: 'OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS',
    kind: 'list',
    description:
      'Private address ranges to which a registry may redirect on a host other than its own, for example 10.20.0.0/16 for an object store.',
  })
  @AreRanges('10.20.0.0/16')
  egressRedirectCidrs: string[] = [];

  // A Connector in use has some 30 time series for each replica of the proxy.
  @Setting({
    name: 'OCI_CONNECTOR_METRICS_CONNECTORS',
    kind: 'integer',
    description:
      'Connectors that have time series of their own in the metrics of a program. All others together have those with the label connector_name="other" and an empty connector_namespace.',
  })
  @IsInt()
  @Min(0)
  @Max(100_000)
  metricsConnectors = 1_000;
}
