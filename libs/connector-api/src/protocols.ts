/** What the API itself has to know of a protocol. How it is served is in `apps/proxy/src/protocols/`, how it is probed in `libs/diagnosis/src/protocols/`. */
interface ProtocolTraits {
  /** What it is for; ends a phrase that begins with its name. */
  readonly serves: string;
  /** Whether an empty probe of a class stands for a probe of the protocol itself. */
  readonly hasOwnProbes: boolean;
  /** Whether the path of an address comes before every repository, and so has to be a part of a repository's name. */
  readonly addressPathIsRepository: boolean;
}

/** The protocols by their name in `spec.protocol`. The registries of the proxy and of the probes do not compile until they have the same names. */
export const PROTOCOLS = {
  oci: { serves: 'registries', hasOwnProbes: true, addressPathIsRepository: true },
  http: { serves: 'any other HTTP service', hasOwnProbes: false, addressPathIsRepository: false },
} as const satisfies Record<string, ProtocolTraits>;

export type Protocol = keyof typeof PROTOCOLS;

export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as Protocol[];

/** What is known of the protocol of an object; undefined where the API server knows more protocols than this program. */
export function protocolTraits(name: string): ProtocolTraits | undefined {
  return Object.hasOwn(PROTOCOLS, name) ? PROTOCOLS[name as Protocol] : undefined;
}
