import {
  type AuthProbe,
  type Connector,
  type ConnectorClass,
  isProtocolProbe,
  type Protocol,
  protocolOf,
  Reason,
} from '@oci-connector/connector-api';
import { type RefusedCredentials } from '@oci-connector/oci-auth';
import { checkHttpProbe } from '../check-http-probe';
import { type DiagnosisTarget } from '../diagnosis-target';
import { type CheckSubject } from '../explain';
import { type Finding, unknown } from '../finding';
import { ociProbes } from './oci/oci-probes';
import { type LoginFinding, type ProtocolProbes } from './protocol-probes';

/** The probes of each protocol, by its name in `spec.protocol` of a class. */
export const SHIPPED_PROBES: Readonly<Record<Protocol, ProtocolProbes>> = {
  oci: ociProbes,
  // The class defines the request, because only the use of HTTP is known of the service.
  http: {},
};

/** A check that a class defines. */
export interface PlannedCheck {
  /** The content of the check, as JSON. For the same server and credential, equal questions have the same result. */
  readonly question: unknown;
  run(target: DiagnosisTarget, signal: AbortSignal): Promise<Finding>;
}

export interface ProbesOptions {
  readonly refusals: RefusedCredentials;
  /** Default: {@link SHIPPED_PROBES}. */
  readonly protocols?: Readonly<Record<string, ProtocolProbes>>;
}

/** Finds the check for a probe of a class: the HTTP request in the class or, for an empty probe, the check of the protocol. */
export class Probes {
  readonly #byName: Readonly<Record<string, ProtocolProbes>>;
  readonly #refusals: RefusedCredentials;

  constructor({ refusals, protocols = SHIPPED_PROBES }: ProbesOptions) {
    this.#byName = protocols;
    this.#refusals = refusals;
  }

  /** @returns undefined when the class has no livenessProbe */
  liveness(connectorClass: ConnectorClass): PlannedCheck | undefined {
    const { livenessProbe } = connectorClass.spec;
    if (!livenessProbe) {
      return undefined;
    }
    const { http } = livenessProbe;
    if (http) {
      return { question: http, run: (target, signal) => checkHttpProbe(http, target, { check: 'liveness', signal }) };
    }
    const protocol = protocolOf(connectorClass);
    return {
      question: { protocol },
      run: async (target, signal) => this.#of(protocol).liveness?.(target, { signal }) ?? noProbe(protocol, 'liveness'),
    };
  }

  /** @returns undefined when the class has no probe for the authentication type of the Connector */
  credential(connector: Connector, connectorClass: ConnectorClass): PlannedCheck | undefined {
    const authProbe = authProbeOf(connector, connectorClass);
    if (!authProbe) {
      return undefined;
    }
    const { http } = authProbe.probe;
    if (http) {
      return { question: http, run: (target, signal) => checkHttpProbe(http, target, { check: 'credential', signal }) };
    }
    const protocol = protocolOf(connectorClass);
    const probe = this.#of(protocol).credential;
    const params = paramsOf(connector, authProbe, probe?.params ?? []);
    return {
      question: { protocol, params },
      run: async (target, signal) => probe?.check(target, { params, signal, refusals: this.#refusals }) ?? noProbe(protocol, 'credential'),
    };
  }

  /** @returns undefined when the protocol does not say how clients log in */
  login(connectorClass: ConnectorClass): ((target: DiagnosisTarget, signal: AbortSignal) => Promise<LoginFinding>) | undefined {
    const { login } = this.#of(protocolOf(connectorClass));
    return login && ((target, signal) => login(target, { signal }));
  }

  #of(protocol: string): ProtocolProbes {
    return (Object.hasOwn(this.#byName, protocol) ? this.#byName[protocol] : undefined) ?? {};
  }
}

/** The API refuses such a class, except an API server with more protocols than this program. */
function noProbe(protocol: string, check: CheckSubject['check']): Finding {
  const field = check === 'liveness' ? 'livenessProbe' : 'authProbe';
  return unknown(
    Reason.ProbeNotSupported,
    `the ${field} of the class is empty, and this version has no probe of its own for protocol ${protocol}; nothing was checked: give the ${field} an http probe, or remove it`,
  );
}

/** Returns the probe of the authentication type. A Connector without a type is anonymous, so any probe of the protocol can check it. */
function authProbeOf({ spec }: Connector, connectorClass: ConnectorClass): AuthProbe | undefined {
  const probes = connectorClass.spec.authProbes ?? [];
  if (spec.auth) {
    return probes.find(({ authName }) => authName === spec.auth?.name);
  }
  return probes.find(({ probe }) => isProtocolProbe(probe));
}

function paramsOf({ spec }: Connector, { params = [] }: AuthProbe, names: readonly string[]): Readonly<Record<string, unknown>> {
  const values = names.map((wanted): [string, unknown] => {
    const given = spec.auth?.params?.find(({ name }) => name === wanted);
    return [wanted, given ? given.value : params.find(({ name }) => name === wanted)?.default];
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined && value !== ''));
}
