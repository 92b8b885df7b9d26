/**
 * The names of the fields in structured logs. All programs share this list, so that a dashboard for one program works for the others,
 * and so that reviewers see what may be logged: never a header, a query string or a body.
 */
export const LogFields = {
  /** `NAMESPACE/NAME` of the Connector. */
  connector: 'connector',
  /** `NAMESPACE/NAME` of the ServiceAccount that made a request. */
  client: 'client',
  /** The Connectors of a volume, as its attribute names them. */
  connectors: 'connectors',
  /** `NAMESPACE/NAME` of the pod of a volume, or of the pod that a token is bound to. */
  pod: 'pod',
  podUid: 'podUid',
  /** Volume ID that the kubelet assigned. */
  volume: 'volume',
  /** Address of the peer's socket. */
  peer: 'peer',
  /** Whether the client addressed the proxy, or the registry itself. */
  mode: 'mode',
  /** Host and port of a tunnel, or of a relayed request. */
  host: 'host',
  /** Origin of the registry. */
  registry: 'registry',
  repository: 'repository',
  /** Tag or digest by which a request names a manifest. */
  reference: 'reference',
  /** Digest of the content. */
  digest: 'digest',
  /** The verb on connectors/proxy that a request requires. */
  verb: 'verb',
  /** pull, push, delete, websocket, tunnel or relay. */
  action: 'action',
  /** Route template (`/v2/{name}/manifests/{reference}`), never the URL. */
  route: 'route',
  method: 'method',
  status: 'status',
  upstreamStatus: 'upstreamStatus',
  /** Code of the refusal or failure; absent on success. */
  code: 'code',
  outcome: 'outcome',
  /** Codes of all problems, where several are possible. */
  reasons: 'reasons',
  /** Messages of these problems. */
  messages: 'messages',
  bytesIn: 'bytesIn',
  bytesOut: 'bytesOut',
  durationMs: 'durationMs',
  object: 'object',
} as const;
