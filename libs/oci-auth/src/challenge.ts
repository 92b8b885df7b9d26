/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** Names in lower case; of a repeated name the first value counts. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The one-value form, e.g. of Negotiate. */
  readonly token68?: string;
}

/** Header text that is looked at in all; a real challenge has some hundred characters, and the peer chooses the length. */
const MAX_HEADER_LENGTH = 8192;
/** Challenges that are kept; real registries send one or two. */
const MAX_CHALLENGES = 16;

/*
 * RFC 9110 §11.6.1 and what it refers to (§5.6.1 lists, §5.6.2 token, §5.6.4 quoted-string, §11.2 and §11.3):
 *
 *   WWW-Authenticate = #challenge
 *   challenge        = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
 *   auth-scheme      = token
 *   auth-param       = token BWS "=" BWS ( token / quoted-string )
 *   token68          = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
 *   token            = 1*tchar
 *   quoted-string    = DQUOTE *( qdtext / quoted-pair ) DQUOTE
 *   quoted-pair      = "\" ( HTAB / SP / VCHAR / obs-text )
 *   #element         = [ element ] *( OWS "," OWS [ element ] )
 *
 * The comma separates parameters as well as challenges; what follows it decides: `token BWS "="` is a parameter of the
 * challenge before, a token alone begins a new challenge.
 */
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const PARAMETER_START = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*/y;
const QUOTED_STRING = /"((?:[^"\\]|\\.)*)"/sy;
const SPACE = /[ \t]+/y;
const SEPARATORS = /[ \t,]*/y;
/** Where reading goes on after something malformed. */
const TO_NEXT_COMMA = /[^,]*/y;

class Reader {
  #position = 0;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.#position >= this.text.length;
  }

  /** Takes what the pattern (sticky) matches here, or nothing. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.text);
    if (match === null) {
      return undefined;
    }
    this.#position += match[0].length;
    return match;
  }
}

/** token / quoted-string; undefined when malformed (an unterminated quote, a character outside the grammar). */
function readValue(reader: Reader): string | undefined {
  const quoted = reader.take(QUOTED_STRING);
  if (quoted) {
    return (quoted[1] ?? '').replace(/\\(.)/gs, '$1');
  }
  return reader.take(TOKEN)?.[0];
}

/** Reads `#auth-param` up to the first thing that is none: the scheme of the next challenge, or the end. */
function readParameters(reader: Reader): Record<string, string> {
  // No prototype: the peer chooses the names, and `__proto__` is one.
  const parameters = Object.create(null) as Record<string, string>;
  for (;;) {
    reader.take(SEPARATORS);
    const name = reader.take(PARAMETER_START)?.[1]?.toLowerCase();
    if (name === undefined) {
      return parameters;
    }
    const value = readValue(reader);
    if (value === undefined) {
      reader.take(TO_NEXT_COMMA);
    } else if (!(name in parameters)) {
      parameters[name] = value;
    }
  }
}

function readChallenge(reader: Reader): Challenge | undefined {
  const scheme = reader.take(TOKEN)?.[0].toLowerCase();
  if (scheme === undefined) {
    reader.take(TO_NEXT_COMMA);
    return undefined;
  }
  const token68 = reader.take(SPACE) && reader.take(TOKEN68)?.[0];
  if (token68 !== undefined) {
    return { scheme, parameters: {}, token68 };
  }
  return { scheme, parameters: readParameters(reader) };
}

/** `WWW-Authenticate` of an answer: one line, or several. */
export type ChallengeHeader = string | readonly string[] | undefined;

/**
 * All challenges in one header line or many, in their order. Tolerant: never throws, leaves out what is malformed, and
 * gives an empty list for an absent or empty header. Header text beyond 8 KiB is not looked at.
 */
export function parseChallenges(header: ChallengeHeader): Challenge[] {
  const lines = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  const challenges: Challenge[] = [];
  let budget = MAX_HEADER_LENGTH;
  for (const line of lines) {
    const reader = new Reader(line.slice(0, budget));
    budget -= Math.min(line.length, budget);
    for (reader.take(SEPARATORS); !reader.atEnd && challenges.length < MAX_CHALLENGES; reader.take(SEPARATORS)) {
      const challenge = readChallenge(reader);
      if (challenge) {
        challenges.push(challenge);
      }
    }
  }
  return challenges;
}
