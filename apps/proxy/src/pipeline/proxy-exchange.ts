import { type IncomingMessage } from 'node:http';
import { type Connector, type ConnectorClass, type ProxyVerb, type UpstreamAddress } from '@oci-connector/connector-api';
import { type Credential } from '@oci-connector/credentials';
import { type ClientIdentity } from '@oci-connector/kube';
import { type Attempt, type Authorization, type UpstreamRegistry } from '@oci-connector/oci-auth';
import { type ClientSink } from '../client/client-sink';
import { type UpgradableConnection } from '../client/ways';
import { type AccessRecord } from '../observability/access-record';
import { type ClientLogin } from '../naming/client-login';
import { type NamedConnector } from '../naming/naming';
import { type RequestHead } from '../naming/request-head';
import { type ErrorFormat, type ProtocolHandler, type UpstreamPlan } from '../protocols/protocol';
import { type Upstream } from '../upstream/upstream-pool';
import { type RequestBody } from '../transfer/request-body';
import { type Transfer } from '../transfer/transfer';

/** One request of a client and the response to it, as the listener hands them over. */
export interface ClientExchange {
  readonly request: RequestHead;
  /** The request again, with its body, if `node:http` reads it. */
  readonly incoming?: IncomingMessage;
  readonly response: ClientSink;
  readonly transfer: Transfer;
  /** The body of the request if it is relayed. */
  readonly body?: RequestBody;
  /** Present when the connection can become a WebSocket or a tunnel. */
  readonly connection?: UpgradableConnection;
  /** How the client sends its token. Replaced when an absolute URL turns out to be one of the proxy's own. */
  login: ClientLogin;
  /** Data for log and metrics; the steps add to it. */
  readonly record: AccessRecord;
  /** Formats error responses: the protocol, once the Connector's class is known. */
  errors?: ErrorFormat;
  /** Must be called when the client's token is accepted; from then on the limits for strangers do not apply to the connection. */
  readonly authenticated: () => void;
  /** Answers `Expect: 100-continue`, if the client sent it. Must be called just before the body is read. */
  readonly continueBody: () => void;
}

/**
 * The chain of types of a request. Each step takes the previous type and returns the next. Each type is a class with a protected member
 * that exists only for the compiler. No other value has this member, so code that skips a step does not compile.
 *
 * The fields are declared and then assigned, because V8 defines the fields of a class on a slow path once more than four
 * subclasses share its constructor. For this chain of seven, that would take thirty times as long.
 */
export class Identified {
  declare protected readonly identified: true;
  declare readonly client: ClientExchange;
  declare readonly named: NamedConnector;
  /** The verb that the client needs on `connectors/proxy`. */
  declare readonly verb: ProxyVerb;

  constructor(client: ClientExchange, named: NamedConnector, verb: ProxyVerb) {
    this.client = client;
    this.named = named;
    this.verb = verb;
  }
}

/** The client is authenticated: its token was reviewed. */
export class Authenticated extends Identified {
  declare protected readonly authenticated: true;
  declare readonly identity: ClientIdentity;

  constructor(before: Identified, identity: ClientIdentity) {
    super(before.client, before.named, before.verb);
    this.identity = identity;
  }
}

/** Checks a further verb. `strictly` ignores the compatibility setting by which `get connectors` allows every verb. */
export type Allows = (verb: ProxyVerb, options?: { strictly?: boolean }) => Promise<boolean>;

/** The client has the verb on the Connector; it is not known yet whether the Connector exists. */
export class Authorized extends Authenticated {
  declare protected readonly authorized: true;
  declare readonly allows: Allows;

  constructor(before: Authenticated, allows: Allows) {
    super(before, before.identity);
    this.allows = allows;
  }
}

/** The data that {@link Resolved} adds. */
export interface Resolution {
  readonly connector: Connector;
  readonly connectorClass: ConnectorClass;
  readonly address: UpstreamAddress;
  readonly protocol: ProtocolHandler;
}

/** The Connector exists, and the proxy supports its class. */
export class Resolved extends Authorized {
  declare protected readonly resolved: true;
  declare readonly resolution: Resolution;

  constructor(before: Authorized, resolution: Resolution) {
    super(before, before.allows);
    this.resolution = resolution;
  }
}

/** The protocol of the class has planned the upstream request. */
export class Planned extends Resolved {
  declare protected readonly planned: true;
  declare readonly plan: UpstreamPlan;

  constructor(before: Resolved, plan: UpstreamPlan) {
    super(before, before.resolution);
    this.plan = plan;
  }
}

/** The data that {@link Credentialed} adds. */
export interface UpstreamAccess {
  /** Absent: the Connector is anonymous. */
  readonly credential?: Credential;
  readonly registry: UpstreamRegistry;
  readonly upstream: Upstream;
}

/** The credential is loaded, and so are the connections that trust the right certificate authorities. */
export class Credentialed extends Planned {
  declare protected readonly credentialed: true;
  declare readonly access: UpstreamAccess;

  constructor(before: Planned, access: UpstreamAccess, plan: UpstreamPlan = before.plan) {
    super(before, plan);
    this.access = access;
  }
}

/** The registry's authorisation is available: the request can be forwarded. */
export class Forwardable extends Credentialed {
  declare protected readonly forwardable: true;
  declare readonly authorization: Authorization;
  declare readonly attempt: Attempt;

  /**
   * @param authorized the authorisation, and the attempt that counts its token requests
   * @param plan the plan to execute; without its mount if the token server refused the scope of the mount
   */
  constructor(before: Credentialed, { authorization, attempt }: Pick<Forwardable, 'authorization' | 'attempt'>, plan: UpstreamPlan) {
    super(before, before.access, plan);
    this.authorization = authorization;
    this.attempt = attempt;
  }
}
