import { setTimeout as delay } from 'node:timers/promises';
import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PROXY_CA_NAME } from '@oci-connector/connector-api';
import { type CredentialStore } from '@oci-connector/credentials';
import { type InstallationEndpoints, type KubeClient } from '@oci-connector/kube';
import { type Readiness } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type CertificateAuthority } from './certificates/certificate-authority';
import { type LeafCertificates } from './certificates/leaf-certificates';
import { type ConnectionLimits } from './port/connection-limits';
import { type ReverseProxyListener } from './port/reverse-proxy.listener';
import { type ServedNames } from './certificates/served-names';
import { type AccessLog } from './observability/access-log';
import { type ProxyState } from './proxy-state';
import { type SealingKeys } from './sealing/sealing-keys';
import { type Transfers } from './transfer/transfers';
import { type UpstreamPool } from './upstream/upstream-pool';

/** The certificate for clients that name no host is made anew this often; it lives for 24 hours. In milliseconds. */
const DEFAULT_CERTIFICATE_PERIOD = 8 * 60 * 60 * 1_000;

/** For clients whose answer had not begun to hear that the proxy is being stopped. In milliseconds. */
const LAST_WORDS_MS = 1_000;

export interface DataPlaneParts {
  /** Of the API server; closed at the end. */
  readonly client: KubeClient;
  readonly http: ReverseProxyListener;
  readonly https: ReverseProxyListener;
  readonly connections: ConnectionLimits;
  readonly accessLog: AccessLog;
  readonly transfers: Transfers;
  readonly upstreams: UpstreamPool;
  readonly credentials: CredentialStore;
  readonly state: ProxyState;
  readonly endpoints: InstallationEndpoints;
  readonly authority: CertificateAuthority;
  readonly sealing: SealingKeys;
  readonly leaves: LeafCertificates;
  readonly names: ServedNames;
  readonly readiness: Readiness;
  readonly logger: Logger;
  /** How long connections are still taken when it is to stop, and running transfers may go on after that. In milliseconds. */
  readonly stopping: { readonly drainDelay: number; readonly grace: number };
}

/**
 * Life of the data plane: starts what it is made of, and stops it without breaking what runs. Nest waits for both: the admin port
 * is opened after the ports for clients, and closed after them, so that /readyz tells all the while that this replica is leaving.
 */
export class DataPlane implements OnApplicationBootstrap, OnModuleDestroy {
  #certificateTimer?: NodeJS.Timeout;
  #serving = false;
  #draining = false;

  constructor(private readonly parts: DataPlaneParts) {}

  get httpPort(): number {
    return this.parts.http.port;
  }

  get httpsPort(): number {
    return this.parts.https.port;
  }

  /** Resolves when the ports are open. The objects of the API server may come later: /readyz tells. */
  async onApplicationBootstrap(): Promise<void> {
    const { readiness, state, endpoints, http, https, authority, sealing } = this.parts;
    readiness.register('listeners', () => (this.#draining ? 'stopping' : undefined));
    readiness.register('connectors', () => (state.hasSynced ? undefined : 'the Connectors and their classes have not been read yet'));
    readiness.register('certificates', () => (authority.current ? undefined : `the Secret ${PROXY_CA_NAME} has not been read yet`));
    state.start();
    endpoints.start();
    void authority.start();
    void sealing.start();
    this.#certificateTimer = setInterval(() => void this.#renewDefaultCertificate(), DEFAULT_CERTIFICATE_PERIOD);
    await Promise.all([http.listen(), https.listen()]);
    this.#serving = true;
  }

  /** To be called when there is another authority: certificates of the one before are not given out any more. */
  async authorityChanged(): Promise<void> {
    this.parts.leaves.clear();
    await this.#renewDefaultCertificate();
  }

  async #renewDefaultCertificate(): Promise<void> {
    const { authority, leaves, names, https, logger } = this.parts;
    if (!authority.current) {
      return;
    }
    try {
      https.setDefaultCertificate((await leaves.mint(names.own, authority.current)).options);
    } catch (error) {
      logger.error({ err: error }, 'no certificate could be made with the CA');
    }
  }

  /**
   * Readiness fails at once, connections are taken for `drainDelay` more, running transfers may go on for `grace` after that, and
   * are cut then.
   */
  async onModuleDestroy(): Promise<void> {
    const { http, https, transfers, stopping } = this.parts;
    // After a start that failed nobody has to notice anything.
    const { drainDelay, grace } = this.#serving ? stopping : { drainDelay: 0, grace: 0 };
    this.#draining = true;
    await delay(drainDelay);
    const stopped = Promise.all([http.stop(), https.stop()]);
    await this.#drained(grace);
    transfers.cancelAll();
    await this.#drained(LAST_WORDS_MS);
    http.cut();
    https.cut();
    await stopped;
    await this.#close();
  }

  /** Resolves when no transfer runs, at the latest after the time. */
  async #drained(ms: number): Promise<void> {
    const overdue = new AbortController();
    await Promise.race([this.parts.transfers.drained(), delay(ms, undefined, { signal: overdue.signal })]);
    overdue.abort();
  }

  async #close(): Promise<void> {
    const { client, state, endpoints, authority, sealing, credentials, connections, accessLog, transfers, upstreams } = this.parts;
    clearInterval(this.#certificateTimer);
    authority.stop();
    sealing.stop();
    credentials.close();
    connections.close();
    accessLog.close();
    transfers.close();
    // Connections to registries are let go in peace, if that does not take long: nobody waits for them any more.
    await Promise.all([state.stop(), endpoints.stop(), Promise.race([upstreams.close(), delay(LAST_WORDS_MS, undefined, { ref: false })])]);
    await client.close();
  }
}
