import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Connector, type ConnectorClass, type UpstreamAddress } from '@oci-connector/connector-api';
import { type Credential } from '@oci-connector/credentials';
import { type ClientIdentity } from '@oci-connector/kube';
import { type Authorization, type UpstreamRegistry } from '@oci-connector/oci-auth';
import { type AccessRecord } from '../observability/access-record';
import { type AddressForm, type ProxyVerb, type UpstreamPlan } from '../protocols/protocol';
import { type Upstream } from '../transport/upstream-pool';
import { type Transfer } from '../transport/transfer';

/** One request of a client and the answer to it, as the listener hands them over. */
export interface ClientExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly transfer: Transfer;
  /** What is known so far for log and metrics; the steps add to it. */
  readonly record: AccessRecord;
  /** Answers `Expect: 100-continue`, if the client asked; to be called just before the body is read. */
  readonly continueBody: () => void;
}

/** A Connector as a request names it, and what is left of the request's target then. */
export interface NamedConnector {
  readonly namespace: string;
  readonly name: string;
  readonly form: AddressForm;
  /** Raw path without query and without the connector's part; begins with `/`. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly query: string;
}

/**
 * The chain of types of a request. Every step takes the one before and returns the next; each is a class with a private
 * member, so that no other value passes for it and a request that skipped a step does not compile.
 */
export class Identified {
  readonly #step = 'identified';

  constructor(
    readonly client: ClientExchange,
    readonly named: NamedConnector,
    /** The verb that the client needs on `connectors/proxy`. */
    readonly verb: ProxyVerb,
  ) {}

  /** Where the request is in the flow; for messages of defects. */
  get step(): string {
    return this.#step;
  }
}

/** The client is known: its token was reviewed. */
export class Authenticated extends Identified {
  readonly #identity: ClientIdentity;

  constructor(before: Identified, identity: ClientIdentity) {
    super(before.client, before.named, before.verb);
    this.#identity = identity;
  }

  get identity(): ClientIdentity {
    return this.#identity;
  }
}

/** The client may do what it asks for with the Connector, whether that exists or not. */
export class Authorized extends Authenticated {
  readonly #allows: (verb: ProxyVerb) => Promise<boolean>;

  /** @param allows asks for a further verb */
  constructor(before: Authenticated, allows: (verb: ProxyVerb) => Promise<boolean>) {
    super(before, before.identity);
    this.#allows = allows;
  }

  get allows(): (verb: ProxyVerb) => Promise<boolean> {
    return this.#allows;
  }
}

/** What {@link Resolved} adds. */
export interface Resolution {
  readonly connector: Connector;
  readonly connectorClass: ConnectorClass;
  readonly address: UpstreamAddress;
  readonly plan: UpstreamPlan;
}

/** The Connector exists and its protocol says what to send where. */
export class Resolved extends Authorized {
  readonly #resolution: Resolution;

  constructor(before: Authorized, resolution: Resolution) {
    super(before, before.allows);
    this.#resolution = resolution;
  }

  get resolution(): Resolution {
    return this.#resolution;
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
export class Credentialed extends Resolved {
  readonly #access: UpstreamAccess;

  constructor(before: Resolved, access: UpstreamAccess) {
    super(before, before.resolution);
    this.#access = access;
  }

  get access(): UpstreamAccess {
    return this.#access;
  }
}

/** The registry's authorisation is at hand: the request may be forwarded. */
export class Forwardable extends Credentialed {
  readonly #authorization: Authorization;

  constructor(
    before: Credentialed,
    authorization: Authorization,
    /** The plan to carry out; without its mount when the token server refused the second scope. */
    readonly plan: UpstreamPlan,
  ) {
    super(before, before.access);
    this.#authorization = authorization;
  }

  get authorization(): Authorization {
    return this.#authorization;
  }
}
