import { type ScriptedResponse } from '../scripted-server';
import { type Answer } from './states';

/** A request as the servers of the table see it. */
export interface Asked {
  /** The Authorization: none, a login by Basic, or a token. */
  readonly by: 'nothing' | 'right login' | 'wrong login' | TokenSent;
}

/** A token of this token server, for a scope. */
export interface TokenSent {
  readonly scope: string;
  /** The path of the realm that issued it. */
  readonly realm: string;
}

/** A request as the token server sees it. */
export interface TokenAsked {
  readonly login: 'anonymous' | 'right' | 'wrong';
  /** Empty: only the login is to be judged. */
  readonly scope: string;
}

/** How a registry and its token server behave. `%TOKENS%` is the origin of its token server, `%UNTRUSTED%` an untrusted origin. */
export interface Behaviour {
  /** `GET /v2/`. */
  readonly entry: (asked: Asked) => ScriptedResponse;
  /** The request itself, `DELETE /v2/app/manifests/1`. */
  readonly request: (asked: Asked) => ScriptedResponse;
  readonly tokens: (asked: TokenAsked) => ScriptedResponse | 'token' | 'short token' | 'silence';
}

const OK: ScriptedResponse = { status: 200, body: {} };
const REALM = '%TOKENS%/token';
const refuses = (challenge: string | string[] | undefined, status = 401): ScriptedResponse => ({
  status,
  headers: challenge === undefined ? {} : { 'www-authenticate': challenge },
});
const bearerOf = (realm: string): string => `Bearer realm="${realm}",service="reg"`;
const BEARER = bearerOf(REALM);
const BASIC = 'Basic realm="r"';

const isToken = ({ by }: Asked): boolean => typeof by === 'object';
const allows = ({ by }: Asked, actions: string): boolean => typeof by === 'object' && by.scope.endsWith(`:${actions}`);

/** The behaviour of an ordinary registry, where an answer does not override it. */
const ORDINARY: Behaviour = {
  entry: (asked) => (isToken(asked) ? OK : refuses(BEARER)),
  request: (asked) => (isToken(asked) ? OK : refuses(BEARER)),
  tokens: ({ login }) => (login === 'wrong' ? { status: 401 } : 'token'),
};

const offers = (challenge: string | string[], takes = isToken): Behaviour => {
  const judge = (asked: Asked): ScriptedResponse => (takes(asked) ? OK : refuses(challenge));
  return { ...ORDINARY, entry: judge, request: judge };
};

const takesBasic = (challenge: string | undefined): Behaviour => {
  const judge = ({ by }: Asked): ScriptedResponse => (by === 'right login' ? OK : refuses(challenge));
  return { ...ORDINARY, entry: judge, request: judge };
};

/** Requires the action `*` for a deletion, and asks for it with insufficient_scope. */
export const insufficientScope =
  (repository: string) =>
  (asked: Asked): ScriptedResponse => {
    if (allows(asked, '*')) {
      return OK;
    }
    return isToken(asked) ? refuses(`${BEARER},scope="repository:${repository}:*",error="insufficient_scope"`, 403) : refuses(BEARER);
  };

const entryAlone = (answer: ScriptedResponse): Behaviour => ({ ...ORDINARY, entry: () => answer, request: () => answer });

const tokenServer = (tokens: Behaviour['tokens']): Behaviour => ({ ...ORDINARY, tokens });

export const BEHAVIOURS: Readonly<Record<Answer, Behaviour>> = {
  Bearer: ORDINARY,
  'Bearer and Basic': offers([BASIC, BEARER]),
  Basic: takesBasic(BASIC),
  'no challenge': takesBasic(undefined),
  'everything is open': { ...ORDINARY, entry: () => OK, request: () => OK },
  'everybody may read': { ...ORDINARY, entry: () => OK },
  'everybody may read, an account may write': {
    ...ORDINARY,
    entry: ({ by }) => (by === 'nothing' || by === 'right login' ? OK : refuses(BASIC)),
    request: ({ by }) => (by === 'right login' ? OK : refuses(BASIC)),
  },
  'neither scheme': entryAlone(refuses('Digest realm="r",nonce="n"')),
  'registry is down': entryAlone({ status: 503 }),
  'registry is throttled': entryAlone({ status: 429, headers: { 'retry-after': '30' } }),

  'its own scope': {
    ...ORDINARY,
    request: (asked) => (allows(asked, '*') ? OK : refuses(`${BEARER},scope="repository:app:*"`)),
  },
  'insufficient scope': { ...ORDINARY, request: insufficientScope('app') },
  'insufficient scope for ever': {
    ...ORDINARY,
    request: (asked) => (isToken(asked) ? refuses(`${BEARER},scope="repository:app:*",error="insufficient_scope"`, 403) : refuses(BEARER)),
  },
  'a scope of others': {
    ...ORDINARY,
    request: () => refuses(`${BEARER},scope="repository:secret:* registry:catalog:*"`),
  },
  'token is refused': { ...ORDINARY, request: () => refuses(BEARER) },
  'token is refused with Basic': { ...ORDINARY, request: (asked) => refuses(isToken(asked) ? BASIC : BEARER) },
  'Basic is refused': { ...ORDINARY, entry: () => refuses(BASIC), request: () => refuses(BASIC) },
  'Basic is not enough': { ...takesBasic(BASIC), request: () => refuses(BASIC) },

  'credential is refused': tokenServer(() => ({ status: 401 })),
  'token without rights': {
    ...ORDINARY,
    request: () => refuses(BEARER),
    tokens: ({ login, scope }) => (scope === '' && login === 'wrong' ? { status: 401 } : 'token'),
  },
  'scope is refused': tokenServer(({ login, scope }) => (scope === '' && login !== 'wrong' ? 'token' : { status: 403 })),
  'scope is not understood': tokenServer(({ scope }) => (scope === '' || scope.endsWith(':*') ? 'token' : { status: 400 })),

  'token server is down': offers(bearerOf('http://127.0.0.1:1/token')),
  'token server is broken': tokenServer(() => ({ status: 503 })),
  'token server is throttled': tokenServer(() => ({ status: 429, headers: { 'retry-after': '30' } })),
  'token server is slow': tokenServer(() => 'silence'),
  'token server is malformed': tokenServer(() => ({ status: 200, body: '<html>' })),
  'token lives a second': {
    ...ORDINARY,
    request: () => refuses(BEARER),
    tokens: ({ login }) => (login === 'wrong' ? { status: 401 } : 'short token'),
  },

  'another realm': offers(bearerOf('%TOKENS%/other'), ({ by }) => typeof by === 'object' && by.realm === '/other'),
  'realm is not trusted': offers(bearerOf('%UNTRUSTED%/token')),
  'realm is not trusted later': { ...ORDINARY, request: () => refuses(bearerOf('%UNTRUSTED%/token')) },
  'no realm': offers('Bearer service="reg"'),
};
