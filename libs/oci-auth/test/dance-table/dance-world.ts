import { ManualClock } from '@oci-connector/testing-kit';
import { OciAuthorizer } from '../../src/oci-authorizer';
import { type RepositoryScope } from '../../src/scope';
import { type RegistryHttp, type UpstreamRegistry } from '../../src/upstream-registry';
import { dance, type DanceOutcome } from '../dance';
import { anUpstreamRegistry, basicOf, loopbackHttp, sendRequest } from '../loopback-registry';
import { type ScriptedResponse, ScriptedServer, type SeenRequest } from '../scripted-server';
import { type Asked, type Behaviour, BEHAVIOURS, type TokenSent } from './answers';
import { deletionOf, REMEMBER } from './memories';
import { type Answer, CREDENTIAL_OF, type CredentialState, type Memory, RIGHT_IDENTITY, RIGHT_PASSWORD } from './states';

const RIGHT_LOGINS = [basicOf('robot', RIGHT_PASSWORD), basicOf('robot', RIGHT_IDENTITY)];
const ALL_ACTIONS = { limit: ['pull', 'push', 'delete', '*'] } as const;

interface Issued extends TokenSent {
  readonly isOld: boolean;
}

/** The requests that arrived at the servers in one cell of the table, and the result. */
export interface Cell {
  readonly asked: string;
  readonly result: string;
}

/** A registry, its token server and an untrusted server, on loopback. Each records the requests that arrive. */
export class DanceWorld {
  readonly clock = new ManualClock();
  #authorizer = new OciAuthorizer();
  #registry?: UpstreamRegistry;
  #behaviour: Behaviour = BEHAVIOURS.Bearer;
  #issued = new Map<string, Issued>();
  #log: string[] = [];
  #isSetUp = false;
  #timeLimit = new AbortController();

  private constructor(
    private readonly registry: ScriptedServer,
    private readonly tokenServer: ScriptedServer,
    private readonly untrusted: ScriptedServer,
  ) {
    registry.play((request) => this.#askRegistry(request));
    tokenServer.play((request) => this.#askTokenServer(request));
    untrusted.play(({ path }) => {
      this.#log.push(`UNTRUSTED ${path}`);
      return { body: { token: 'evil' } };
    });
  }

  static async start(): Promise<DanceWorld> {
    return new DanceWorld(await ScriptedServer.start(), await ScriptedServer.start(), await ScriptedServer.start());
  }

  /** Plays a request of a connector with this credential and this memory. */
  async meet(answer: Answer, credential: CredentialState, memory: Memory): Promise<Cell> {
    this.#authorizer = new OciAuthorizer({ clock: this.clock, random: () => 0.5 });
    this.#registry = anUpstreamRegistry(this.registry, {
      credential: CREDENTIAL_OF[credential],
      trustedRealms: [this.tokenServer.origin, 'http://127.0.0.1:1'],
      http: this.#http,
    });
    this.#issued.clear();
    this.#isSetUp = false;
    await REMEMBER[memory](this);
    this.#isSetUp = true;
    this.#log = [];
    const result = await this.ask(deletionOf('app'), BEHAVIOURS[answer]);
    return { asked: this.#log.join(', '), result: String(result) };
  }

  /** Sends `DELETE /v2/app/manifests/1` with the authorisation for the scopes. */
  async ask(scopes: readonly RepositoryScope[], behaviour: Behaviour): Promise<DanceOutcome> {
    this.#behaviour = behaviour;
    const url = new URL('/v2/app/manifests/1', this.registry.origin);
    const send = async (authorization: string): Promise<ScriptedResponse> => {
      const headers: Record<string, string> = authorization === '' ? {} : { authorization };
      const { status, headers: answered } = await sendRequest('DELETE', url, { headers, maxBytes: 1024, purpose: 'connector' });
      return { status, headers: answered as Record<string, string> };
    };
    return await dance(this.#authorizer, { registry: this.#registry!, scopes, options: ALL_ACTIONS, send });
  }

  async close(): Promise<void> {
    await Promise.all([this.registry.close(), this.tokenServer.close(), this.untrusted.close()]);
  }

  /** The time limit of a request expires as soon as a server does not respond. */
  readonly #http: RegistryHttp = {
    get: (url, options) => loopbackHttp.get(url, { ...options, signal: this.#timeLimit.signal }),
    post: (url, options) => loopbackHttp.post(url, { ...options, signal: this.#timeLimit.signal }),
  };

  #askRegistry({ method, path, headers: { authorization } }: SeenRequest): ScriptedResponse {
    const isEntry = path === '/v2/';
    const { asked, name } = this.#sent(authorization);
    const response = isEntry ? this.#behaviour.entry(asked) : this.#behaviour.request(asked);
    this.#log.push(`${isEntry ? '/v2/' : method}${name && ` ${name}`} ${response.status}`);
    return this.#placed(response);
  }

  #sent(authorization: string | undefined): { asked: Asked; name: string } {
    if (authorization === undefined) {
      return { asked: { by: 'nothing' }, name: '' };
    }
    const token = this.#issued.get(authorization.replace('Bearer ', ''));
    if (token) {
      return { asked: { by: token }, name: token.isOld ? 'old token' : 'new token' };
    }
    return {
      asked: { by: isRight(authorization) ? 'right login' : 'wrong login' },
      name: authorization === this.#own.basic ? 'login' : 'FOREIGN',
    };
  }

  async #askTokenServer(request: SeenRequest): Promise<ScriptedResponse> {
    const { sent, scopes } = readTokenRequest(request);
    const login = sent === undefined ? 'anonymous' : isRight(sent) ? 'right' : 'wrong';
    const answer = this.#behaviour.tokens({ login, scope: scopes.join(' ') });
    const response = this.#tokenResponse(answer, { scope: scopes.join(' '), realm: request.path });
    const at = request.path === '/token' ? '' : ` at ${request.path}`;
    this.#log.push(
      `${this.#manner(sent)}token(${scopes.map((one) => one.replace('repository:app:', '')).join(' ')})${at} ${response?.status ?? '-'}`,
    );
    if (response === undefined) {
      this.#timeLimit.abort(new Error('no answer in time'));
      this.#timeLimit = new AbortController();
      return await new Promise<never>(() => undefined);
    }
    return response;
  }

  #tokenResponse(answer: ReturnType<Behaviour['tokens']>, sent: TokenSent): ScriptedResponse | undefined {
    if (typeof answer === 'object') {
      return answer;
    }
    return answer === 'silence' ? undefined : this.#issue(sent, answer === 'token' ? 300 : 1);
  }

  /** How the token request is written in the table: which credential it carries, and in which form. */
  #manner(sent: string | undefined): string {
    const { basic, identity } = this.#own;
    if (sent === undefined) {
      return 'anonymous ';
    }
    if (sent === (identity ?? basic)) {
      return '';
    }
    return sent === basic ? 'GET ' : 'FOREIGN ';
  }

  /** The connector's credential as it is sent. */
  get #own(): { basic?: string; identity?: string } {
    const { username = '', password, identityToken } = this.#registry?.credential ?? {};
    const identity = identityToken?.reveal();
    const secret = password?.isEmpty === true ? identity : password?.reveal();
    return { basic: secret === undefined ? undefined : basicOf(username, secret), identity };
  }

  #issue(sent: TokenSent, lifetimeSeconds: number): ScriptedResponse {
    const token = `T${this.#issued.size + 1}`;
    this.#issued.set(token, { ...sent, isOld: !this.#isSetUp });
    return { status: 200, body: { token, expires_in: lifetimeSeconds } };
  }

  /** Challenges name the servers of this world. */
  #placed(response: ScriptedResponse): ScriptedResponse {
    const place = (text: string): string => text.replace('%TOKENS%', this.tokenServer.origin).replace('%UNTRUSTED%', this.untrusted.origin);
    const headers = Object.entries(response.headers ?? {}).map(
      ([name, value]) => [name, typeof value === 'string' ? place(value) : value.map(place)] as const,
    );
    return { ...response, headers: Object.fromEntries(headers) };
  }
}

function readTokenRequest({ method, query, headers, body }: SeenRequest): { sent?: string; scopes: readonly string[] } {
  if (method !== 'POST') {
    return { sent: headers.authorization, scopes: query.getAll('scope') };
  }
  const form = new URLSearchParams(body);
  return { sent: form.get('refresh_token') ?? '', scopes: form.get('scope')?.split(' ') ?? [] };
}

function isRight(sent: string): boolean {
  return sent === RIGHT_IDENTITY || RIGHT_LOGINS.includes(sent);
}
