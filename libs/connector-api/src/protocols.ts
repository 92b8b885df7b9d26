/** The properties of a protocol that the API needs. `apps/proxy/src/protocols/` serves it, `libs/diagnosis/src/protocols/` probes it. */
interface ProtocolTraits {
  /** What the protocol is for. Completes a phrase that begins with its name. */
  readonly serves: string;
  /** Whether an empty probe of a class means a probe of the protocol itself. */
  readonly hasOwnProbes: boolean;
  /** Whether the path of an address is the prefix of every repository, and so must be a part of a repository name. */
  readonly addressPathIsRepository: boolean;
}

/** The protocols by their name in `spec.protocol`. The registries of the proxy and of the probes compile only with the same names. */
export const PROTOCOLS = {
  oci: { serves: 'registries', hasOwnProbes: true, addressPathIsRepository: true },
  http: { serves: 'any other HTTP service', hasOwnProbes: false, addressPathIsRepository: false },
} as const satisfies Record<string, ProtocolTraits>;

export type Protocol = keyof typeof PROTOCOLS;

export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as Protocol[];

/** Returns the properties of a protocol; undefined when the API server has more protocols than this program. */
export function protocolTraits(name: string): ProtocolTraits | undefined {
  return Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name as Protocol] : undefined;
}
