import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { Readable } from 'node:stream';
import { UpstreamConnectError } from '@oci-connector/egress';
import { type Authorization, OciAuthError, type OciAuthorizer } from '@oci-connector/oci-auth';
import { GivenResponse } from '../../test/given-response';
import { type BasicLogin, type ChallengeLogin, type UpstreamPlan } from '../protocols/protocol';
import { Transfer } from '../transfer/transfer';
import { type ResponseHeaders } from '../upstream/response-headers';
import { targetOf } from '../upstream/upstream-target';
import { AskUpstream } from './ask-upstream';
import { explainRefusal } from './explain-refusal';
import { ObtainAuthorization } from './obtain-authorization';
import { type Outcome, type Refused } from './outcome';
import { type Credentialed, Forwardable } from './proxy-exchange';
import { type Authorizations, RecoverRequest } from './recover-request';

const ADDRESS = parseUpstreamAddress('https://r.example');
const NONE: Authorization = { scheme: 'none', scopes: [], refusedScopes: [] };
const TOKEN: Authorization = { ...NONE, scheme: 'bearer' };
const ATTEMPT = {} as Forwardable['attempt'];
const LOGIN: ChallengeLogin = { kind: 'challenge', scopes: [], minimumTokenLifetimeMs: 0 };

type Answer = number | readonly [status: number, headers: ResponseHeaders] | Error;

function responseOf(answer: Exclude<Answer, Error>): GivenResponse {
  const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
  return new GivenResponse(status, headers, Readable.from([Buffer.from('the words')]));
}

/** A registry that gives these answers, one after the other. */
class Registry {
  /** `METHOD path scheme`, in the order in which they came. */
  readonly asked: string[] = [];
  readonly responses: GivenResponse[] = [];
  readonly waits: number[] = [];
  readonly transport = {
    send: ({ method, path, origin }: { method: string; path: string; origin: string }): Promise<GivenResponse> => {
      this.asked.push(`${method} ${origin === ADDRESS.origin ? '' : origin}${path}`);
      const answer = this.answers[this.asked.length - 1];
      if (answer === undefined) {
        throw new Error(`one request too many: ${this.asked.join(', ')}`);
      }
      if (answer instanceof Error) {
        return Promise.reject(answer);
      }
      const response = responseOf(answer);
      this.responses.push(response);
      return Promise.resolve(response);
    },
  };

  constructor(private readonly answers: readonly Answer[]) {}
}

function planOf(changes: Partial<UpstreamPlan> = {}): UpstreamPlan {
  return {
    method: 'GET',
    target: targetOf({ origin: ADDRESS.origin, path: '/thing' }, ADDRESS),
    login: LOGIN,
    action: 'pull',
    route: '/thing',
    followRedirects: true,
    replayable: true,
    requestHeaders: {},
    rewriteResponse: (_status, headers) => ({ headers }),
    ...changes,
  };
}

interface Given {
  readonly plan?: Partial<UpstreamPlan>;
  readonly authorization?: Authorization;
  readonly may?: boolean;
  readonly registry?: Registry;
  readonly revision?: string;
}

function exchangeOf({ plan, authorization = TOKEN, may = true, registry = new Registry([]), revision = 'one' }: Given = {}): Forwardable {
  const client = { request: { headers: {}, readableEnded: true }, transfer: new Transfer(() => 0), record: {} };
  const fields = {
    client,
    plan: planOf(plan),
    resolution: { address: ADDRESS, protocol: { forwardedHeaders: new Set() } },
    access: {
      credential: { password: undefined },
      registry: { credentialRevision: revision },
      upstream: { transport: () => registry.transport },
    },
    allows: () => Promise.resolve(may),
    authorization,
    attempt: ATTEMPT,
  };
  return Object.assign(Object.create(Forwardable.prototype) as Forwardable, fields);
}

class Scripted implements Authorizations {
  readonly said: string[] = [];
  another: Authorization | Error = { ...TOKEN, refusedScopes: [] };
  learns = false;

  obtain(exchange: Credentialed, plan: UpstreamPlan): Promise<Forwardable> {
    this.said.push('obtain');
    return Promise.resolve(new Forwardable(exchange, { authorization: TOKEN, attempt: ATTEMPT }, plan));
  }

  renew(exchange: Forwardable): Promise<Forwardable> {
    this.said.push('renew');
    if (this.another instanceof Error) {
      return Promise.reject(this.another);
    }
    return Promise.resolve(new Forwardable(exchange, { authorization: this.another, attempt: ATTEMPT }, exchange.plan));
  }

  refused(): Promise<OciAuthError> {
    this.said.push('refused');
    return Promise.resolve(new OciAuthError('AccessRefused', 'refused'));
  }

  mustLearnToWrite(): boolean {
    return this.learns;
  }

  learnedOpen(): void {
    this.said.push('open');
  }

  succeeded(): void {
    this.said.push('succeeded');
  }
}

interface Told {
  readonly status: number;
  readonly refusal?: string;
  readonly asked: readonly string[];
  readonly said: readonly string[];
  readonly waits: readonly number[];
}

async function recover(
  answers: readonly Answer[],
  given: Given = {},
  script: Partial<Pick<Scripted, 'another' | 'learns'>> = {},
): Promise<Told> {
  const registry = new Registry(answers);
  const authorizations = Object.assign(new Scripted(), script);
  const ask = new AskUpstream({
    via: 'us',
    now: () => 0,
    delay: (ms) => {
      registry.waits.push(ms);
      return Promise.resolve();
    },
  });
  const steps = new RecoverRequest(ask, authorizations);
  const outcome: Outcome | Refused = await steps.ask(await steps.beforeBody(exchangeOf({ ...given, registry })));
  expect(registry.asked).toHaveLength(answers.length);
  // A body that is neither delivered nor consumed would keep its connection.
  expect(registry.responses.filter(({ consumed }) => !consumed)).toEqual('refusal' in outcome ? [] : [outcome.response]);
  return {
    status: outcome.response.status,
    ...('refusal' in outcome && { refusal: `${outcome.refusal.code}: ${outcome.words}` }),
    asked: registry.asked,
    said: authorizations.said,
    waits: registry.waits,
  };
}

const LOST = new UpstreamConnectError('ConnectionReset', 'lost', { host: 'r.example' });
const BODY: Partial<UpstreamPlan> = { method: 'PUT', replayable: false, action: 'push', followRedirects: false };
const EMPTY = planOf({ method: 'PATCH', target: targetOf({ origin: ADDRESS.origin, path: '/empty' }, ADDRESS), action: 'push' });
const MOUNT: Partial<UpstreamPlan> = {
  method: 'POST',
  action: 'push',
  followRedirects: false,
  withoutMount: planOf({ method: 'POST', action: 'push', target: targetOf({ origin: ADDRESS.origin, path: '/plain' }, ADDRESS) }),
};
const WIDER = [403, { 'www-authenticate': 'Bearer realm="https://t.example",error="insufficient_scope"' }] as const;
const GET = 'GET /thing';

describe('RecoverRequest: what is tried again', () => {
  describe('the connection is lost before an answer', () => {
    it.each(['GET', 'HEAD', 'DELETE'])('%s is sent a second time, and no third', async (method) => {
      expect(await recover([LOST, 200], { plan: { method } })).toMatchObject({
        status: 200,
        asked: [`${method} /thing`, `${method} /thing`],
      });
      await expect(recover([LOST, LOST], { plan: { method } })).rejects.toBe(LOST);
    });

    it.each<[string, Partial<UpstreamPlan>, Error]>([
      ['POST, which is not idempotent', { method: 'POST' }, LOST],
      ['PUT with a body', BODY, LOST],
      ['GET that was never connected', {}, new UpstreamConnectError('ConnectionRefused', 'no', { host: 'r.example' })],
    ])('%s is sent once', async (_, plan, error) => {
      await expect(recover([error], { plan })).rejects.toBe(error);
    });
  });

  describe('429 that is over in two seconds, to a read', () => {
    it('is waited for once', async () => {
      expect(await recover([[429, { 'retry-after': '2' }], 200])).toMatchObject({ status: 200, waits: [2_000] });
      expect(
        await recover([
          [429, { 'retry-after': '1' }],
          [429, { 'retry-after': '1' }],
        ]),
      ).toMatchObject({ status: 429, waits: [1_000] });
    });

    it.each<[string, Partial<UpstreamPlan>, string | undefined]>([
      ['a longer one', {}, '3'],
      ['one without a time', {}, undefined],
      ['one to a write', { method: 'PUT', action: 'push' }, '1'],
    ])('%s is passed on', async (_, plan, after) => {
      expect(await recover([[429, { 'retry-after': after }]], { plan })).toMatchObject({ status: 429, waits: [] });
    });
  });

  it('a redirect of a read', async () => {
    expect(await recover([[307, { location: 'https://store.example/x' }], 200])).toMatchObject({
      status: 200,
      asked: [GET, 'GET https://store.example/x'],
    });
    expect(await recover([[307, { location: 'https://store.example/x' }]], { plan: { followRedirects: false } })).toMatchObject({
      status: 307,
    });
  });

  describe('all may read, and a body is to be sent', () => {
    const given = { plan: { ...BODY, method: 'GET', emptyWrite: EMPTY }, authorization: NONE };

    it.each<[Answer, readonly string[]]>([
      [202, ['open', 'succeeded']],
      [404, ['open', 'succeeded']],
      [413, ['succeeded']],
      [401, ['renew', 'succeeded']],
    ])('an empty write that is answered %s', async (answer, said) => {
      const plan = { ...given.plan, method: 'DELETE', replayable: true };
      expect(await recover([answer, 201], { ...given, plan }, { learns: true })).toMatchObject({
        status: 201,
        asked: ['PATCH /empty', 'DELETE /thing'],
        said,
      });
    });

    it('is not written to where that is known', async () => {
      expect((await recover([200], given)).asked).toEqual([GET]);
    });
  });

  describe('the authorisation is refused, no body', () => {
    it.each<[string, Answer]>([
      ['401', 401],
      ['403 that asks for a wider token', WIDER],
    ])('%s: another is tried once', async (_, refusal) => {
      expect(await recover([refusal, 200])).toMatchObject({ status: 200, asked: [GET, GET], said: ['renew'] });
      expect(await recover([refusal, refusal])).toMatchObject({ refusal: 'AccessRefused: the words', said: ['renew', 'refused'] });
    });

    it('there is no other', async () => {
      const another = new OciAuthError('CredentialRefused', 'no');
      expect(await recover([401], {}, { another })).toMatchObject({ refusal: 'CredentialRefused: the words', said: ['renew'] });
    });

    it('the token server fails', async () => {
      const another = new OciAuthError('TokenEndpointUnreachable', 'away');
      await expect(recover([401], {}, { another })).rejects.toBe(another);
    });

    it('a plain 403, and a 404 to HEAD, are answers', async () => {
      expect(await recover([403])).toMatchObject({ status: 403, said: [] });
      expect(await recover([404], { plan: { method: 'HEAD' } })).toMatchObject({ status: 404, asked: ['HEAD /thing'], said: [] });
    });
  });

  describe('the authorisation is refused after a body', () => {
    // GET: no body is read here, and yet the plan cannot be sent twice.
    const body = { plan: { ...BODY, method: 'GET', emptyWrite: EMPTY } };

    it('503, send it again, when an empty write is let through', async () => {
      await expect(recover([401, 202], body)).rejects.toMatchObject({ code: 'UpstreamUnauthorizedAfterBody', retryAfterSeconds: 1 });
    });

    it('the refusal, when an empty write is refused as well', async () => {
      expect(await recover([401, 401], body)).toMatchObject({
        status: 401,
        refusal: 'AccessRefused: the words',
        asked: [GET, 'PATCH /empty'],
      });
    });
  });

  describe('4xx but 429 to a mount, whatever it says', () => {
    it.each([400, 401, 403, 404, 405])('%s: the same without the mount', async (status) => {
      expect(await recover([status, 202], { plan: MOUNT })).toMatchObject({
        status: 202,
        asked: ['POST /thing', 'POST /plain'],
        said: ['obtain', 'succeeded'],
      });
    });

    it('a login that is learnt with it is tried first', async () => {
      const given = { plan: MOUNT, authorization: NONE };
      expect(await recover([401, 201], given)).toMatchObject({
        status: 201,
        asked: ['POST /thing', 'POST /thing'],
        said: ['renew', 'succeeded'],
      });
      expect(await recover([401, 404, 202], given)).toMatchObject({ status: 202, asked: ['POST /thing', 'POST /thing', 'POST /plain'] });
    });

    it.each([201, 202, 429, 500])('%s is an answer', async (status) => {
      expect((await recover([status], { plan: MOUNT })).status).toBe(status);
    });
  });

  describe('the rows of ObtainAuthorization', () => {
    const authorizerOf = (parts: Partial<OciAuthorizer>): OciAuthorizer =>
      ({ begin: () => ATTEMPT, held: () => undefined, peek: () => undefined, ...parts }) as OciAuthorizer;
    const refusing = (code: 'CredentialRefused' | 'ScopeRefused' | 'RealmUntrusted'): Partial<OciAuthorizer> => ({
      authorize: ({ credentialRevision }) =>
        credentialRevision === 'two' ? Promise.resolve(TOKEN) : Promise.reject(new OciAuthError(code, 'no')),
    });
    const unchanged = { resolve: (exchange: unknown) => Promise.resolve(exchange as Credentialed) };
    const changed = { resolve: () => Promise.resolve(exchangeOf({ revision: 'two' })) };

    it('a read, and a token to write is at hand', async () => {
      const login: ChallengeLogin = { ...LOGIN, writeScopes: [{ repository: 'a', actions: ['pull', 'push'] }] };
      const read: Authorization = { ...TOKEN };
      const write: Authorization = { ...TOKEN };
      const step = new ObtainAuthorization(authorizerOf({ held: () => write, peek: () => read }), unchanged);
      expect((await step.obtain(exchangeOf({ plan: { login } }))).authorization).toBe(write);
      expect((await step.obtain(exchangeOf({ plan: { login }, may: false }))).authorization).toBe(read);
    });

    it('the token server refuses the credential', async () => {
      const parts = authorizerOf(refusing('CredentialRefused'));
      expect((await new ObtainAuthorization(parts, changed).obtain(exchangeOf())).access.registry.credentialRevision).toBe('two');
      await expect(new ObtainAuthorization(parts, unchanged).obtain(exchangeOf())).rejects.toMatchObject({ code: 'CredentialRefused' });
      await expect(new ObtainAuthorization(authorizerOf(refusing('RealmUntrusted')), changed).obtain(exchangeOf())).rejects.toMatchObject({
        code: 'RealmUntrusted',
      });
    });

    it('the token server refuses the scope of a deletion', async () => {
      const narrowed = jest.fn(() => Promise.resolve(TOKEN));
      const step = new ObtainAuthorization(authorizerOf({ ...refusing('ScopeRefused'), narrowed }), unchanged);
      const bare = await step.obtain(exchangeOf({ plan: { method: 'DELETE' } }));
      expect(bare.authorization).toEqual(NONE);
      expect((await step.renew(bare, 'Bearer realm="x"')).authorization).toBe(TOKEN);
      await expect(step.obtain(exchangeOf())).rejects.toMatchObject({ code: 'ScopeRefused' });
    });

    it.each<[string, ChallengeLogin | BasicLogin]>([
      ['challenge', LOGIN],
      ['basic', { kind: 'basic' }],
    ])('the authorisation is refused, and the Secret has changed (%s)', async (_, login) => {
      const plan = { login, target: { ...planOf().target, sendCredential: login.kind === 'challenge' } };
      const rejected = jest.fn(() => Promise.resolve(TOKEN));
      const authorizer = authorizerOf({ ...refusing('CredentialRefused'), rejected });
      expect(
        (await new ObtainAuthorization(authorizer, changed).renew(exchangeOf({ plan }), undefined)).access.registry.credentialRevision,
      ).toBe('two');
      expect(rejected).not.toHaveBeenCalled();
    });
  });

  it('a look before a push is refused', async () => {
    const refused = new OciAuthError('AccessRefused', 'no');
    const look = { plan: { method: 'HEAD', precedesPush: true, repository: 'a' } };
    expect(await explainRefusal(exchangeOf(look), refused)).toMatchObject({ code: 'PullRefused', status: 404 });
    expect(await explainRefusal(exchangeOf({ ...look, may: false }), refused)).toBe(refused);
    expect(await explainRefusal(exchangeOf(), refused)).toBe(refused);
    const outage = new OciAuthError('TokenEndpointUnreachable', 'away');
    expect(await explainRefusal(exchangeOf(look), outage)).toBe(outage);
  });
});
