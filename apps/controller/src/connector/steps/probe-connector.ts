import { createHash } from 'node:crypto';
import { Reason, parseUpstreamAddress, type ConditionType, type ConnectorClass } from '@oci-connector/connector-api';
import { type Credential } from '@oci-connector/credentials';
import { type ConditionOutcome, type DiagnosisTarget, type Finding, type PlannedCheck } from '@oci-connector/diagnosis';
import { type ProbeKind } from '../../probing/probe-schedule';
import { type ConnectorScope } from '../connector-scope';

/** One probe of a Connector. */
export interface ConnectorProbe {
  readonly kind: ProbeKind;
  readonly type: ConditionType;
  readonly connectorClass: ConnectorClass;
  /** Absent for an anonymous Connector, and for probes without a credential. */
  readonly credential?: Credential;
  /** In PEM. */
  readonly ca: readonly string[];
  readonly check: PlannedCheck;
}

/** Passes the probe to the prober, and returns the outcome for the known finding. Never waits for an answer. */
export function probeConnector(scope: ConnectorScope, probe: ConnectorProbe): ConditionOutcome {
  const { connector, owner, tools } = scope;
  const { kind, type, credential, ca, check } = probe;
  const target: DiagnosisTarget = {
    address: parseUpstreamAddress(connector.spec.address),
    trustedRealms: connector.spec.auth?.trustedRealms ?? [],
    credential,
    ca,
    egress: tools.egress.forOwner(owner),
    clock: tools.clock,
    timeoutMs: tools.timeouts[kind],
  };
  const finding = tools.prober.ask(owner, {
    kind,
    key: keyOf(scope, probe, target),
    revision: revisionOf(scope, probe),
    run: (signal) => check.run(target, signal),
  });
  return finding ? toOutcome(type, finding) : { type, status: 'Unknown', reason: Reason.Checking, pending: true };
}

/** Two Connectors with equal keys ask the same server the same question with the same credential. */
function keyOf({ tools }: ConnectorScope, { credential, check, kind }: ConnectorProbe, target: DiagnosisTarget): string {
  const { address, ca, trustedRealms } = target;
  const secret = credential && [
    credential.username,
    credential.password.fingerprint(tools.fingerprintKey),
    credential.identityToken?.fingerprint(tools.fingerprintKey),
  ];
  // Trusted realms matter only for probes that send a credential.
  const parts = [address.origin, address.pathPrefix, ca, check.question, kind === 'credential' && [secret, [...trustedRealms].sort()]];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function revisionOf({ connector }: ConnectorScope, { credential, connectorClass }: ConnectorProbe): string {
  const { uid, generation } = connector.metadata;
  return JSON.stringify([uid, generation, connectorClass.metadata.uid, connectorClass.metadata.generation, credential?.revision]);
}

const STATUS = { passed: 'True', failed: 'False', unknown: 'Unknown' } as const;

function toOutcome(type: ConditionType, { outcome, reason, message }: Finding): ConditionOutcome {
  return { type, status: STATUS[outcome], reason, message };
}
