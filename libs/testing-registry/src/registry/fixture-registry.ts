import { Accounts } from './accounts';
import { AuthGate, DEFAULT_SERVICE } from './auth-gate';
import { handleCdn, UrlSigner } from './cdn';
import { ContentStore } from './content-store';
import { type Exchange } from './exchange';
import { FaultPlan } from './faults';
import { type FixtureAuth, type FixtureRegistryOptions, type TokenAuth } from './fixture-registry-options';
import { handleRequest } from './handle-request';
import { HttpService, type HttpServiceOptions } from './http-service';
import { type RegistryQuirks } from './quirks';
import { type RegistryContext } from './registry-context';
import { type RecordedRequest, RequestLog } from './request-log';
import { TokenEndpoint } from './token-endpoint';
import { Tokens } from './tokens';
import { type OpenUpload, Uploads } from './uploads';

/** Path of the token endpoint, on either server. */
const TOKEN_PATH = '/service/token';
/** Default timeout of `waitForRequest`, in milliseconds; long, so that only a real error reaches it. */
const WAIT_MS = 20_000;

/**
 * A registry for tests and the sandbox. It implements distribution-spec 1.1 over real sockets, with the authentication methods and
 * quirks of real registries. It can simulate faults, and records every request.
 */
export class FixtureRegistry {
  /** The quirks; they may be changed at any time. */
  readonly quirks: RegistryQuirks;
  readonly faults = new FaultPlan();
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly #log = new RequestLog();
  readonly #services: HttpService[] = [];
  readonly #uploads: Uploads;
  #closed?: Promise<void>;

  private constructor(
    private readonly options: FixtureRegistryOptions,
    private readonly content: ContentStore,
  ) {
    this.quirks = { ...options.quirks };
    const auth = options.auth ?? { mode: 'anonymous' };
    this.accounts = new Accounts(auth.mode === 'anonymous' ? [] : auth.accounts);
    const service = auth.mode === 'token' ? auth.service : undefined;
    this.tokens = new Tokens(
      (auth.mode === 'token' ? auth.tokens : undefined) ?? {},
      service ?? DEFAULT_SERVICE,
      options.clock ?? Date.now,
    );
    this.#uploads = new Uploads((id) => content.uploadPath(id));
  }

  static async start(options: FixtureRegistryOptions = {}): Promise<FixtureRegistry> {
    const fixture = new FixtureRegistry(options, await ContentStore.open(options.directory));
    try {
      await fixture.#listen();
    } catch (error) {
      await fixture.close();
      throw error;
    }
    return fixture;
  }

  /** Origin and base path, without a slash at the end: the value for `spec.address`. */
  get url(): string {
    return `${this.origin}${basePathOf(this.options)}`;
  }

  get origin(): string {
    return this.#registry.origin;
  }

  /** `name:port`, as in an image reference. */
  get host(): string {
    return this.#registry.host;
  }

  get port(): number {
    return this.#registry.port;
  }

  /** Origin of the token server. It exists in every mode, but only mode `token` sends clients there. */
  get tokenOrigin(): string {
    return this.#service(1).origin;
  }

  /** Origin of the second server, to which redirects lead. */
  get cdnOrigin(): string {
    return this.#service(2).origin;
  }

  /** Requests to the three servers, oldest first. Only the newest are kept if there are very many. */
  get requests(): readonly RecordedRequest[] {
    return this.#log.entries;
  }

  clearRequests(): void {
    this.#log.clear();
  }

  /**
   * Returns the first request that fulfils the condition, including requests that arrived earlier. The condition is checked again
   * whenever a request arrives, grows or ends.
   *
   * @throws Error when no such request arrives in time
   */
  waitForRequest(condition: (request: RecordedRequest) => boolean, timeoutMs = WAIT_MS): Promise<RecordedRequest> {
    return this.#log.waitFor(condition, timeoutMs);
  }

  /** Returns the uploads that were neither finished nor cancelled. */
  openUploads(): OpenUpload[] {
    return this.#uploads.list();
  }

  /** Returns the names of the repositories to which anything was pushed. */
  repositories(): string[] {
    return this.content.names();
  }

  /** Returns the tags of a repository, sorted; empty if it does not exist. */
  tags(repository: string): string[] {
    return [...(this.content.find(repository)?.tags.keys() ?? [])].sort();
  }

  /** Ends all requests, including held ones, and removes the temporary directory. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    this.faults.clear();
    await Promise.all(this.#services.map((service) => service.close()));
    await this.content.close();
  }

  async #listen(): Promise<void> {
    const { options } = this;
    const auth: FixtureAuth = options.auth ?? { mode: 'anonymous' };
    const gate = new AuthGate({
      auth,
      accounts: this.accounts,
      tokens: this.tokens,
      quirks: this.quirks,
      realm: (exchange) => this.#realm(exchange),
    });
    const endpoint = new TokenEndpoint({
      auth: auth.mode === 'token' ? auth : { mode: 'token', accounts: [] },
      accounts: this.accounts,
      tokens: this.tokens,
      quirks: this.quirks,
      content: this.content,
    });
    const signer = new UrlSigner();
    const context = this.#context(signer);
    await this.#serve({
      server: 'registry',
      port: options.port ?? 0,
      tls: options.tls,
      handle: (exchange) =>
        auth.mode === 'token' && exchange.record.path === TOKEN_PATH ? endpoint.handle(exchange) : handleRequest(context, gate, exchange),
    });
    const tokenTls = auth.mode === 'token' ? auth.tokenServerTls : 'none';
    await this.#serve({
      server: 'token',
      tls: tokenTls === 'none' ? undefined : (tokenTls ?? options.tls),
      handle: (exchange) => endpoint.handle(exchange),
    });
    await this.#serve({
      server: 'cdn',
      publicName: options.cdnName ?? options.publicName,
      tls: options.cdnTls,
      handle: (exchange) => handleCdn(context, signer, exchange),
    });
  }

  async #serve(service: Pick<HttpServiceOptions, 'server' | 'publicName' | 'tls' | 'handle'> & { readonly port?: number }): Promise<void> {
    const { host = '127.0.0.1', publicName } = this.options;
    const listening = await HttpService.start({ host, publicName, log: this.#log, faults: this.faults, port: 0, ...service });
    this.#services.push(listening);
  }

  #context(signer: UrlSigner): RegistryContext {
    return {
      options: this.options,
      quirks: this.quirks,
      content: this.content,
      uploads: this.#uploads,
      basePath: basePathOf(this.options),
      origin: () => this.origin,
      cdn: { origin: () => this.cdnOrigin, sign: (path, query) => signer.sign(path, query) },
    };
  }

  #realm(exchange: Exchange): string {
    const realm: TokenAuth['realm'] = this.options.auth?.mode === 'token' ? this.options.auth.realm : undefined;
    if (typeof realm === 'object') {
      return realm.url;
    }
    switch (realm ?? 'other-origin') {
      case 'other-origin':
        return this.tokenOrigin + TOKEN_PATH;
      case 'same-origin':
        return this.origin + TOKEN_PATH;
      case 'request-host':
        return `${this.#registry.scheme}://${exchange.header('host') ?? this.host}${TOKEN_PATH}`;
    }
  }

  get #registry(): HttpService {
    return this.#service(0);
  }

  #service(index: number): HttpService {
    const service = this.#services[index];
    if (!service) {
      throw new Error('the fixture registry is not running');
    }
    return service;
  }
}

/** Starts a fixture registry, which the caller has to close. */
export function startFixtureRegistry(options: FixtureRegistryOptions = {}): Promise<FixtureRegistry> {
  return FixtureRegistry.start(options);
}

function basePathOf(options: FixtureRegistryOptions): string {
  const path = (options.basePath ?? '').replace(/^\/+|\/+$/g, '');
  return path === '' ? '' : `/${path}`;
}
