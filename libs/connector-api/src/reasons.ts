/** The conditions of Connectors and ConnectorClasses. */
export const ConditionType = {
  /** True when all conditions that affect it are True; otherwise it has the reason of the first that is not. */
  Ready: 'Ready',
  ConnectorClassReady: 'ConnectorClassReady',
  SecretReady: 'SecretReady',
  LivenessReady: 'LivenessReady',
  AuthReady: 'AuthReady',
  ProxyServiceReady: 'ProxyServiceReady',
  CACertReady: 'CACertReady',
  APIReady: 'APIReady',
  /** Only on a ConnectorClass. */
  ProxyReady: 'ProxyReady',
} as const;
export type ConditionType = (typeof ConditionType)[keyof typeof ConditionType];

/** The meaning of a reason, and what a user must do. */
interface ReasonEntry {
  conditions: readonly ConditionType[];
  status: 'True' | 'False' | 'Unknown';
  meaning: string;
  remedy: string;
}

const NOTHING_TO_DO = 'Nothing.';

/** Every reason that a condition may have. The reference documentation is generated from this table. */
export const REASON_TABLE = {
  Checking: {
    conditions: ['ConnectorClassReady', 'SecretReady', 'LivenessReady', 'AuthReady', 'ProxyServiceReady', 'Ready'],
    status: 'Unknown',
    meaning: 'The check has not finished yet, or an earlier check must succeed first.',
    remedy: 'Wait. If it remains, look at the other conditions.',
  },
  ConnectorClassNotFound: {
    conditions: ['ConnectorClassReady'],
    status: 'False',
    meaning: 'There is no ConnectorClass with the name in `spec.connectorClassName`.',
    remedy: 'Correct the name, or install the class.',
  },
  ConnectorClassNotReady: {
    conditions: ['ConnectorClassReady'],
    status: 'False',
    meaning: 'The class exists but is not Ready; the message repeats the reason.',
    remedy: 'See `kubectl describe connectorclass NAME`.',
  },
  ConnectorInvalid: {
    conditions: ['ConnectorClassReady'],
    status: 'False',
    meaning:
      'The Connector does not fit its class: a parameter is missing, unknown or of the wrong type, or the class does not have the authentication type.',
    remedy: 'Change the fields that the message names.',
  },
  SecretOptional: {
    conditions: ['SecretReady'],
    status: 'True',
    meaning: 'The Connector names no Secret, and the class does not require one. The registry is used anonymously.',
    remedy: NOTHING_TO_DO,
  },
  SecretNotFound: {
    conditions: ['SecretReady', 'CACertReady'],
    status: 'False',
    meaning: "The Secret does not exist in the Connector's namespace, or the class requires a Secret and the Connector names none.",
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
    meaning: 'The Secret does not have the type that the authentication type requires.',
    remedy: 'Create the Secret with the type that the message names, or choose another `spec.auth.name`.',
  },
  SecretNamespaceNotAllowed: {
    conditions: ['SecretReady'],
    status: 'False',
    meaning: "`spec.auth.secretRef.namespace` is another namespace than the Connector's.",
    remedy: 'Create the Secret in the namespace of the Connector, and remove `namespace`.',
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
      'The address could not be reached, or did not answer as expected. On AuthReady the status is Unknown, because the server that checks the credential did not answer.',
    remedy: 'Check `spec.address`, DNS, network policies and firewalls.',
  },
  Throttled: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'Unknown',
    meaning: 'The server limits the rate of requests (status code 429).',
    remedy: 'Wait. The controller probes again after the time that the server names.',
  },
  ProbeNotSupported: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'Unknown',
    meaning: 'The probe of the class uses a feature that is not supported; the message names it. Nothing was checked.',
    remedy: 'Change the probe of the class.',
  },
  CertificateInvalid: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'False',
    meaning: "The server's certificate is not trusted, has expired or is for another name; or `spec.caCertSecretRef` cannot be used.",
    remedy: 'Put the certificate of its authority into a Secret, and name the Secret in `spec.caCertSecretRef`.',
  },
  NotARegistry: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'False',
    meaning:
      'The server at the address is not an OCI registry: `GET /v2/` returned neither 200 nor 401, or the path of `spec.address` does not lead to a registry. On AuthReady the status is Unknown.',
    remedy: 'Correct `spec.address`.',
  },
  AddressNotAllowed: {
    conditions: ['LivenessReady', 'AuthReady'],
    status: 'False',
    meaning: 'No Connector may lead to this address: loopback, link-local, cloud metadata, the API server or this installation itself.',
    remedy: 'Correct `spec.address`, or list the range in `OCI_CONNECTOR_EGRESS_ALLOW_CIDRS` of the installation.',
  },
  NonAuthProbe: {
    conditions: ['AuthReady'],
    status: 'True',
    meaning:
      'The class has no probe for the authentication type of the Connector or, for a Connector without `spec.auth`, no probe of the protocol itself. (If there is a probe, it also checks an anonymous Connector: whether the registry allows anonymous access.)',
    remedy: NOTHING_TO_DO,
  },
  AuthenticationFailed: {
    conditions: ['AuthReady'],
    status: 'False',
    meaning:
      'The registry or its token server refuses the credential, or does not allow it to pull from the repository of the auth parameter. Without a credential: the registry does not allow anonymous pulls from that repository.',
    remedy:
      'Correct the Secret. The controller tries a refused credential again when its content changes, or after 30 minutes. It repeats any other failed check when the Connector or the class changes, or after a minute.',
  },
  AuthRealmUntrusted: {
    conditions: ['AuthReady'],
    status: 'False',
    meaning: 'The registry names a token server on another origin, which is not trusted. Nothing was sent there.',
    remedy: 'If that server is the right one, add its origin to `spec.auth.trustedRealms`.',
  },
  AuthRealmInvalid: {
    conditions: ['AuthReady'],
    status: 'False',
    meaning: 'The registry names no usable token server: a URL with a user name, or no URL at all. Nothing was sent.',
    remedy: 'Correct the realm at the registry.',
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
    meaning: 'The Service `c-NAME` could not be created, or was deleted.',
    remedy: "See the message and the controller's log.",
  },
  ProxyServiceConflict: {
    conditions: ['ProxyServiceReady'],
    status: 'False',
    meaning: 'There is a Service `c-NAME` that does not belong to the Connector. The controller did not change it.',
    remedy: 'Delete or rename that Service, or give the Connector another name.',
  },
  ProxyNotSupported: {
    conditions: ['ProxyReady'],
    status: 'False',
    meaning: "`spec.proxy` does not name this installation's proxy Service.",
    remedy: 'Name the proxy Service that the message gives.',
  },
  RegoNotSupported: {
    conditions: ['ProxyReady', 'Ready'],
    status: 'False',
    meaning: 'The class contains Rego, which is not supported. Its Connectors are not served.',
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
    meaning:
      '`spec.api` is stored but never called. A class whose probes need it is not Ready. For other classes this is only informative.',
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

/** Reasons of Events on Connectors, in addition to those of their conditions. */
export const EventReason = {
  CACertSecretNotFound: 'CACertSecretNotFound',
  InvalidCACert: 'InvalidCACert',
} as const;
export type EventReason = (typeof EventReason)[keyof typeof EventReason];
