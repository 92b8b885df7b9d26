import { Rules } from './field-registry';
import { Choice, Flag, Text } from './fields';
import { NestedList } from './list-fields';
import { Nested } from './object-fields';
import { rule } from './rule';

/** The longest Go template in a probe, in characters. */
const TEMPLATE_MAX = 4096;

/** The longest CEL expression of a probe, in characters. It is short because `matches()` runs on responses of an untrusted server. */
const CEL_MAX = 2048;

/** One header of a probe's request. */
export class HttpHeader {
  @Text({ description: 'Name of the header.', minLength: 1, maxLength: 256 })
  name!: string;

  @Text({ description: 'Value of the header. A Go template with .Connector and .Secret.', maxLength: TEMPLATE_MAX })
  value!: string;
}

/** Which response of a probe counts as success. */
export class ProbeResponse {
  @Text({
    description:
      'CEL expression that is true when the response counts as success. Variables: response.statusCode, response.headers, response.body, response.bodyString.',
    maxLength: CEL_MAX,
    optional: true,
  })
  cel?: string;
}

/** A probe by HTTP request to the address of the Connector. */
export class HttpProbe {
  @Text({
    description: 'Path from the root of the host, without the path of spec.address. A Go template.',
    minLength: 1,
    maxLength: TEMPLATE_MAX,
  })
  path!: string;

  @Text({ description: 'Host to use instead of that of spec.address.', maxLength: 262, optional: true })
  host?: string;

  @Choice(['http', 'https'], { description: 'Scheme to use instead of that of spec.address.', optional: true })
  scheme?: 'http' | 'https';

  @Choice(['GET', 'POST'], { description: 'Method of the request.', default: 'GET', optional: true })
  method?: 'GET' | 'POST';

  @NestedList(() => HttpHeader, {
    description: 'Headers of the request.',
    maxItems: 32,
    listType: 'atomic',
    optional: true,
  })
  httpHeaders?: HttpHeader[];

  @Flag({ description: 'Whether a redirect is the response, instead of being followed.', default: false, optional: true })
  disableRedirect?: boolean;

  @Nested(() => ProbeResponse, { description: 'Which response counts as success; default is any status 2xx.', optional: true })
  response?: ProbeResponse;
}

/** A probe by a call of `spec.api`. Stored, but not supported. */
export class ApiProbe {
  @Text({ description: 'Path below the path of spec.api. A Go template.', maxLength: TEMPLATE_MAX, optional: true })
  path?: string;
}

/** A check whether a server works. An empty object is the probe of the protocol itself, if it has one. */
@Rules<Probe>([
  rule({
    cel: '!(has(self.http) && has(self.api))',
    message: 'must have http or api, not both',
    holds: (probe) => !(probe.http && probe.api),
  }),
])
export class Probe {
  @Nested(() => HttpProbe, { description: "Probe by an HTTP request to the Connector's address.", optional: true })
  http?: HttpProbe;

  @Nested(() => ApiProbe, { description: 'Probe by a call of spec.api. Stored, but not supported.', optional: true })
  api?: ApiProbe;
}

/** Whether the probe is the one of the protocol itself. */
export function isProtocolProbe(probe: Probe): boolean {
  return probe.http === undefined && probe.api === undefined;
}
