import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { Readable } from 'node:stream';
import { UpstreamConnectError } from '@oci-connector/egress';
import { type Authorization, OciAuthError } from '@oci-connector/oci-auth';
import { GivenResponse } from './given-response';
import { type ChallengeLogin, type UpstreamPlan } from '../src/protocols/protocol';
import { Transfer } from '../src/transfer/transfer';
import { type ResponseHeaders } from '../src/upstream/response-headers';
import { targetOf } from '../src/upstream/upstream-target';
import { AskUpstream } from '../src/pipeline/ask-upstream';
import { type Outcome, type Refused } from '../src/pipeline/outcome';
import { type Credentialed, Forwardable } from '../src/pipeline/proxy-exchange';
import { type Authorizations, RecoverRequest } from '../src/pipeline/recover-request';

export const ADDRESS = parseUpstreamAddress('https://r.example');
export const NONE: Authorization = { scheme: 'none', scopes: [], refusedScopes: [] };
export const TOKEN: Authorization = { ...NONE, scheme: 'bearer' };
export const ATTEMPT = {} as Forwardable['attempt'];
export const LOGIN: ChallengeLogin = { kind: 'challenge', scopes: [], minimumTokenLifetimeMs: 0 };

export type Answer = number | readonly [status: number, headers: ResponseHeaders] | Error;

function responseOf(answer: Exclude<Answer, Error>): GivenResponse {
  const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
  return new GivenResponse(status, headers, Readable.from([Buffer.from('the words')]));
}

/** A registry that sends the given responses, one after the other. */
class Registry {
  /** `METHOD path scheme` of each request, in order. */
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

export function planOf(changes: Partial<UpstreamPlan> = {}): UpstreamPlan {
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

export interface Given {
  readonly plan?: Partial<UpstreamPlan>;
  readonly authorization?: Authorization;
  readonly may?: boolean;
  readonly registry?: Registry;
  readonly revision?: string;
}

export function exchangeOf({
  plan,
  authorization = TOKEN,
  may = true,
  registry = new Registry([]),
  revision = 'one',
}: Given = {}): Forwardable {
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

export interface Recovery {
  readonly status: number;
  readonly refusal?: string;
  readonly asked: readonly string[];
  readonly said: readonly string[];
  readonly waits: readonly number[];
}

export async function recover(
  answers: readonly Answer[],
  given: Given = {},
  script: Partial<Pick<Scripted, 'another' | 'learns'>> = {},
): Promise<Recovery> {
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
  // A body that is neither returned nor consumed would keep its connection.
  expect(registry.responses.filter(({ consumed }) => !consumed)).toEqual('refusal' in outcome ? [] : [outcome.response]);
  return {
    status: outcome.response.status,
    ...('refusal' in outcome && { refusal: `${outcome.refusal.code}: ${outcome.words}` }),
    asked: registry.asked,
    said: authorizations.said,
    waits: registry.waits,
  };
}

export const LOST = new UpstreamConnectError('ConnectionReset', 'lost', { host: 'r.example' });
export const BODY: Partial<UpstreamPlan> = { method: 'PUT', replayable: false, action: 'push', followRedirects: false };
export const EMPTY = planOf({ method: 'PATCH', target: targetOf({ origin: ADDRESS.origin, path: '/empty' }, ADDRESS), action: 'push' });
export const MOUNT: Partial<UpstreamPlan> = {
  method: 'POST',
  action: 'push',
  followRedirects: false,
  withoutMount: planOf({ method: 'POST', action: 'push', target: targetOf({ origin: ADDRESS.origin, path: '/plain' }, ADDRESS) }),
};
export const WIDER = [403, { 'www-authenticate': 'Bearer realm="https://t.example",error="insufficient_scope"' }] as const;
export const GET = 'GET /thing';
