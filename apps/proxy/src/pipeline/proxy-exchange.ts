import { type IncomingMessage } from 'node:http';
import { type Connector, type ConnectorClass, type ProxyVerb, type UpstreamAddress } from '@oci-connector/connector-api';
import { type Credential } from '@oci-connector/credentials';
import { type ClientIdentity } from '@oci-connector/kube';
import { type Attempt, type Authorization, type UpstreamRegistry } from '@oci-connector/oci-auth';
import { type ClientSink } from '../client/client-sink';
import { type AccessRecord } from '../observability/access-record';
import { type NamedConnector, type Naming } from '../naming/naming';
import { type ProtocolHandler, type UpstreamPlan } from '../protocols/protocol';
import { type Upstream } from '../upstream/upstream-pool';
import { type Transfer } from '../transfer/transfer';
import { type WebSocketClient } from '../transfer/web-socket-client';

/** One request of a client and the answer to it, as the listener hands them over. */
export interface ClientExchange {
  readonly request: IncomingMessage;
  readonly response: ClientSink;
  readonly transfer: Transfer;
  /** Present when the connection can become a WebSocket. */
  readonly webSocket?: WebSocketClient;
  /** How requests on this connection name a Connector and their client. */
  readonly naming: Naming;
  /** What is known so far for log and metrics; the steps add to it. */
  readonly record: AccessRecord;
  /** Set once the Connector's class is known; refusals are worded by it from then on. */
  protocol?: ProtocolHandler;
  /** To be called when the client's token was accepted: its connection is kept from then on. */
  readonly authenticated: () => void;
  /** Answers `Expect: 100-continue`, if the client asked; to be called just before the body is read. */
  readonly continueBody: () => void;
}

/**
 * The chain of types of a request. Every step takes the one before and returns the next; each is a class with a member that
 * only the compiler knows of and that nothing outside can have, so that no other value passes for it and a request that
 * skipped a step does not compile.
 *
 * The fields are declared and then assigned, because V8 defines the fields of a class on a slow path once more than four
 * subclasses share its constructor: for a chain of seven that is thirty times the price.
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

/** The client is known: its token was reviewed. */
export class Authenticated extends Identified {
  declare protected readonly authenticated: true;
  declare readonly identity: ClientIdentity;

  constructor(before: Identified, identity: ClientIdentity) {
    super(before.client, before.named, before.verb);
    this.identity = identity;
  }
}

/** Asks for a further verb; `strictly`: the compatibility switch, by which `get connectors` allows everything, does not count. */
export type Allows = (verb: ProxyVerb, options?: { strictly?: boolean }) => Promise<boolean>;

/** The client may do what it asks for with the Connector, whether that exists or not. */
export class Authorized extends Authenticated {
  declare protected readonly authorized: true;
  declare readonly allows: Allows;

  constructor(before: Authenticated, allows: Allows) {
    super(before, before.identity);
    this.allows = allows;
  }
}

/** What {@link Resolved} adds. */
export interface Resolution {
  readonly connector: Connector;
  readonly connectorClass: ConnectorClass;
  readonly address: UpstreamAddress;
  readonly protocol: ProtocolHandler;
}

/** The Connector exists, and its class is one that is served. */
export class Resolved extends Authorized {
  declare protected readonly resolved: true;
  declare readonly resolution: Resolution;

  constructor(before: Authorized, resolution: Resolution) {
    super(before, before.allows);
    this.resolution = resolution;
  }
}

/** The protocol of the class has said what to send where. */
export class Planned extends Resolved {
  declare protected readonly planned: true;
  declare readonly plan: UpstreamPlan;

  constructor(before: Resolved, plan: UpstreamPlan) {
    super(before, before.resolution);
    this.plan = plan;
  }
}

/** What {@link Credentialed} adds. */
export interface UpstreamAccess {
  /** Absent: the Connector is anonymous. */
  readonly credential?: Credential;
  readonly registry: UpstreamRegistry;
  readonly upstream: Upstream;
}

/** The credential is at hand, and so are the connections that trust the right authorities. */
export class Credentialed extends Planned {
  declare protected readonly credentialed: true;
  declare readonly access: UpstreamAccess;

  constructor(before: Planned, access: UpstreamAccess, plan: UpstreamPlan = before.plan) {
    super(before, plan);
    this.access = access;
  }
}

/** The registry's authorisation is at hand: the request may be forwarded. */
export class Forwardable extends Credentialed {
  declare protected readonly forwardable: true;
  declare readonly authorization: Authorization;
  declare readonly attempt: Attempt;

  /**
   * @param authorized with what, and what that has cost
   * @param plan the plan to carry out; without its mount when the token server refused the second scope
   */
  constructor(before: Credentialed, { authorization, attempt }: Pick<Forwardable, 'authorization' | 'attempt'>, plan: UpstreamPlan) {
    super(before, before.access, plan);
    this.authorization = authorization;
    this.attempt = attempt;
  }
}
