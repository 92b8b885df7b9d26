import { HeaderReader } from '@oci-connector/http';

/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** Names are in lower case. The first value of a repeated name counts. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The single-value form, for example of Negotiate. */
  readonly token68?: string;
}

/** Characters that are parsed of all header lines together. Real challenges have a few hundred, and the peer chooses the length. */
const MAX_HEADER_LENGTH = 8192;
/** Challenges that are kept. Real registries send one or two. */
const MAX_CHALLENGES = 16;

/*
 * RFC 9110 §11.6.1 and the sections it refers to (§5.6.1 lists, §5.6.2 token, §5.6.4 quoted-string, §11.2 and §11.3):
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
 * A comma separates both parameters and challenges. The text after the comma decides: `token BWS "="` is a parameter of the
 * preceding challenge, and a token alone begins a new challenge.
 */
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const PARAMETER_START = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*/y;
const QUOTED_STRING = /"((?:[^"\\]|\\.)*)"/sy;
const SPACE = /[ \t]+/y;
const SEPARATORS = /[ \t,]*/y;
/** Skips malformed text: parsing continues at the next comma. */
const TO_NEXT_COMMA = /[^,]*/y;

/** Reads `token / quoted-string`. Returns undefined when it is malformed (an unterminated quote, a character outside the grammar). */
function readValue(reader: HeaderReader): string | undefined {
  const quoted = reader.take(QUOTED_STRING);
  if (quoted) {
    return (quoted[1] ?? '').replace(/\\(.)/gs, '$1');
  }
  return reader.take(TOKEN)?.[0];
}

/** Reads `#auth-param` up to the scheme of the next challenge, or to the end. */
function readParameters(reader: HeaderReader): Record<string, string> {
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

function readChallenge(reader: HeaderReader): Challenge | undefined {
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

/** `WWW-Authenticate` of a response: one line, or several. */
export type ChallengeHeader = string | readonly string[] | undefined;

/**
 * Returns all challenges of one or more header lines, in order. Never throws: it skips malformed text and returns an empty
 * list for an absent or empty header. Header text beyond 8 KiB is ignored.
 */
export function parseChallenges(header: ChallengeHeader): Challenge[] {
  const lines = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  const challenges: Challenge[] = [];
  let budget = MAX_HEADER_LENGTH;
  for (const line of lines) {
    const reader = new HeaderReader(line.slice(0, budget));
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
