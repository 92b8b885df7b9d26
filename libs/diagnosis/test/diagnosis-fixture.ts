import { systemClock } from '@oci-connector/clock';
import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { EgressPolicy } from '@oci-connector/egress';
import { type RegistryCredential } from '@oci-connector/oci-auth';
import { Sensitive } from '@oci-connector/sensitive';
import { type DiagnosisTarget } from '../src/diagnosis-target';

/** Allows the loopback addresses that the fixtures listen on, and nothing else that is refused by default. */
export const loopback = new EgressPolicy({ allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: [], refusedHosts: [] });

/** A target with short times. */
export function aTarget(address: string, options: Partial<DiagnosisTarget> = {}): DiagnosisTarget {
  return {
    address: parseUpstreamAddress(address),
    trustedRealms: [],
    ca: [],
    egress: loopback,
    clock: systemClock,
    timeoutMs: 10_000,
    ...options,
  };
}

export function aCredential(username: string, password: string): RegistryCredential {
  return { username, password: new Sensitive(password) };
}
