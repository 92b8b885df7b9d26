/**
 * The names of the fields in structured logs. One list, so that a dashboard written for one program works for the
 * others, and so that a reviewer sees at a glance what may be logged: never a header, a query string or a body.
 */
export const LogFields = {
  /** `NAMESPACE/NAME` of the Connector. */
  connector: 'connector',
  /** `NAMESPACE/NAME` of the ServiceAccount on whose behalf a request is made. */
  client: 'client',
  /** The Connectors of a volume, as its attribute names them. */
  connectors: 'connectors',
  /** `NAMESPACE/NAME` of the pod that a volume is for. */
  pod: 'pod',
  /** ID that the kubelet gives a volume. */
  volume: 'volume',
  /** Address of the peer's socket. */
  peer: 'peer',
  repository: 'repository',
  /** pull, push or delete. */
  action: 'action',
  /** Route template (`/v2/{name}/manifests/{reference}`), never the URL. */
  route: 'route',
  method: 'method',
  status: 'status',
  upstreamStatus: 'upstreamStatus',
  /** Code of the refusal or failure; absent when all went well. */
  code: 'code',
  outcome: 'outcome',
  /** Codes of all that stood in the way, where it can be several things. */
  reasons: 'reasons',
  /** What each of them says. */
  messages: 'messages',
  bytesIn: 'bytesIn',
  bytesOut: 'bytesOut',
  durationMs: 'durationMs',
  object: 'object',
} as const;
