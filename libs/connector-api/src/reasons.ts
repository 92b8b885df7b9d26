/** The conditions of Connectors and ConnectorClasses. */
export const ConditionType = {
  /** All that matters is True; the reason is that of the first child that is not. */
  Ready: 'Ready',
  ConnectorClassReady: 'ConnectorClassReady',
  SecretReady: 'SecretReady',
  LivenessReady: 'LivenessReady',
  AuthReady: 'AuthReady',
  ProxyServiceReady: 'ProxyServiceReady',
  CACertReady: 'CACertReady',
  APIReady: 'APIReady',
  /** On a ConnectorClass only. */
  ProxyReady: 'ProxyReady',
} as const;
export type ConditionType = (typeof ConditionType)[keyof typeof ConditionType];

/** What a reason means, and what somebody who sees it does. */
interface ReasonEntry {
  conditions: readonly ConditionType[];
  status: 'True' | 'False' | 'Unknown';
  meaning: string;
  remedy: string;
}

const NOTHING_TO_DO = 'Nothing.';

/** Every reason that a condition may carry. The reference documentation is made from this table. */
export const REASON_TABLE = {
  Checking: {
    conditions: ['ConnectorClassReady', 'SecretReady', 'LivenessReady', 'AuthReady', 'ProxyServiceReady', 'Ready'],
    status: 'Unknown',
    meaning: 'The check has not ended yet, or an earlier one has to succeed first.',
    remedy: 'Wait for it; if it stays, look at the other conditions.',
  },
  ConnectorClassNotFound: {
    conditions: ['ConnectorClassReady'],
    status: 'False',
    meaning: 'There is no ConnectorClass of the name in `spec.connectorClassName`.',
    remedy: 'Correct the name, or install the class.',
  },
  ConnectorClassNotReady: {
    conditions: ['ConnectorClassReady'],
    status: 'False',
    meaning: 'The class exists but cannot be served; the message repeats why.',
    remedy: 'See `kubectl describe connectorclass NAME`.',
  },
  ConnectorInvalid: {
    conditions: ['ConnectorClassReady'],
    status: 'False',
    meaning:
      'The Connector does not fit its class: a parameter is missing, unknown or of the wrong type, or the authentication type is not one of the class.',
    remedy: 'Change the fields that the message names.',
  },
  SecretOptional: {
    conditions: ['SecretReady'],
    status: 'True',
    meaning: 'No Secret is named and the class asks for none; the registry is used anonymously.',
    remedy: NOTHING_TO_DO,
  },
  SecretNotFound: {
    conditions: ['SecretReady', 'CACertReady'],
    status: 'False',
    meaning: "The Secret does not exist in the Connector's namespace, or the class wants one and none is named.",
    remedy: 'Create the Secret, or correct its name.',
  },
  SecretInvalid: {
    conditions: ['SecretReady'],
    status: 'False',
    meaning: 'The Secret has the right type, but a key is missing, empty or cannot be read.',
    remedy: 'Give the Secret the keys that the message names.',
  },
  SecretTypeMismatch: {
    conditions: ['SecretReady'],
    status: 'False',
    meaning: 'The Secret is not of the type that the authentication type wants.',
    remedy: 'Create the Secret with the type that the message names, or choose another `spec.auth.name`.',
  },
  SecretNamespaceNotAllowed: {
    conditions: ['SecretReady'],
    status: 'False',
    meaning: "`spec.auth.secretRef.namespace` is another namespace than the Connector's.",
    remedy: 'Put the Secret beside the Connector and remove `namespace`.',
  },
  NonLivenessProbe: {
    conditions: ['LivenessReady'],
    status: 'True',
    meaning: 'The class has no liveness probe.',
    remedy: NOTHING_TO_DO,
  },
  ConnectionFailed: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'False',
    meaning:
      'The address could not be reached, or did not answer as expected. On AuthReady the status is Unknown: whoever would judge the credential did not answer.',
    remedy: 'Check `spec.address`, DNS, and whether a network policy or firewall is in the way.',
  },
  Throttled: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'Unknown',
    meaning: 'The server asks to be left alone for a while (status code 429).',
    remedy: 'Wait; it is asked again when the time it names has passed.',
  },
  ProbeNotSupported: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'Unknown',
    meaning: 'The probe of the class uses something that is not evaluated; the message says what. Nothing was checked.',
    remedy: 'Change the probe of the class.',
  },
  CertificateInvalid: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'False',
    meaning: "The server's certificate is not trusted, has expired or is for another name; or `spec.caCertSecretRef` cannot be used.",
    remedy: 'Put the certificate of its authority into a Secret and name that in `spec.caCertSecretRef`.',
  },
  NotARegistry: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'False',
    meaning:
      'Something answers at the address, but it is no OCI registry: `GET /v2/` gave neither 200 nor 401, or below the path of `spec.address` answers something else than a registry. On AuthReady the status is Unknown.',
    remedy: 'Correct `spec.address`.',
  },
  AddressNotAllowed: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'False',
    meaning:
      'The address leads to where no Connector may lead: loopback, link-local, cloud metadata, the API server or this installation itself.',
    remedy: 'Correct `spec.address`, or let the installation list the range in `OCI_CONNECTOR_EGRESS_ALLOW_CIDRS`.',
  },
  NonAuthProbe: {
    conditions: ['AuthReady'],
    status: 'True',
    meaning:
      'The class has no probe for the authentication type of the Connector; for a Connector without `spec.auth`, none of the protocol itself. An anonymous Connector is probed, too: whether the registry lets everybody in.',
    remedy: NOTHING_TO_DO,
  },
  AuthenticationFailed: {
    conditions: ['AuthReady'],
    status: 'False',
    meaning:
      'The registry or its token server refuses the credential, or does not let it, or everybody where there is none, pull from the repository of the auth parameter.',
    remedy:
      'Correct the Secret. A credential that the registry refused is tried again when its content changes, or after 30 minutes; whatever else is wrong, when the Connector or the class changes, or after a minute.',
  },
  AuthRealmUntrusted: {
    conditions: ['AuthReady'],
    status: 'False',
    meaning: 'The registry wants the credential sent to another server, which is not trusted; nothing was sent.',
    remedy: 'If that server is the right one, add its origin to `spec.auth.trustedRealms`.',
  },
  AuthRealmInvalid: {
    conditions: ['AuthReady'],
    status: 'False',
    meaning: 'The registry names a token server that can be none: a URL with a user name in it, or no URL at all; nothing was sent.',
    remedy: 'Have the realm of the registry corrected.',
  },
  NonProxy: {
    conditions: ['ProxyServiceReady', 'ProxyReady'],
    status: 'True',
    meaning: 'The class has no `spec.proxy`: there is no Service, and the proxy does not serve the Connector.',
    remedy: NOTHING_TO_DO,
  },
  ProxyServiceNotFound: {
    conditions: ['ProxyServiceReady'],
    status: 'False',
    meaning: 'The Service `c-NAME` could not be created, or has gone.',
    remedy: "See the message and the controller's log.",
  },
  ProxyServiceConflict: {
    conditions: ['ProxyServiceReady'],
    status: 'False',
    meaning: 'A Service `c-NAME` exists that belongs to somebody else; it was left alone.',
    remedy: 'Delete or rename that Service, or give the Connector another name.',
  },
  ProxyNotSupported: {
    conditions: ['ProxyReady'],
    status: 'False',
    meaning: "`spec.proxy` names something else than this installation's proxy Service.",
    remedy: 'Name the proxy Service that the message gives.',
  },
  RegoNotSupported: {
    conditions: ['ProxyReady', 'Ready'],
    status: 'False',
    meaning: 'The class contains Rego, which is not implemented; it is not served as if it needed none.',
    remedy: 'Use a class without `generator` and `authExtractor`.',
  },
  NonAPI: {
    conditions: ['APIReady'],
    status: 'True',
    meaning: 'The class has no `spec.api`.',
    remedy: NOTHING_TO_DO,
  },
  ApiNotSupported: {
    conditions: ['APIReady', 'Ready'],
    status: 'False',
    meaning: '`spec.api` is stored but never called. A class whose probes need it is not Ready; otherwise this is for information only.',
    remedy: 'Replace `api` probes by `http` probes.',
  },
  Valid: {
    conditions: ['CACertReady'],
    status: 'True',
    meaning: 'The certificates of `spec.caCertSecretRef` are loaded.',
    remedy: NOTHING_TO_DO,
  },
  NoCACert: {
    conditions: ['CACertReady'],
    status: 'True',
    meaning: 'The Connector names no certificates of its own.',
    remedy: NOTHING_TO_DO,
  },
  InvalidPEM: {
    conditions: ['CACertReady'],
    status: 'False',
    meaning: 'The Secret of `spec.caCertSecretRef` contains no certificate in PEM form.',
    remedy: 'Store the certificate under a key such as `ca.crt`.',
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof REASON_TABLE;

/** `Reason.X` is `'X'`, for every reason of {@link REASON_TABLE}. */
export const Reason = Object.fromEntries(Object.keys(REASON_TABLE).map((name) => [name, name])) as {
  readonly [Name in Reason]: Name;
};

/** Reasons of the Events on Connectors beside those of their conditions. */
export const EventReason = {
  CACertSecretNotFound: 'CACertSecretNotFound',
  InvalidCACert: 'InvalidCACert',
} as const;
export type EventReason = (typeof EventReason)[keyof typeof EventReason];
