import { celString, type Rule } from './rule';

/*
 * The grammar of addresses as regular expressions, which have the same meaning for the API server (RE2) and JavaScript. It is narrower than
 * RFC 3986 on purpose: text that two parsers could read differently (userinfo, percent-encoding, backslashes, numbers such as 0x7f.1 for
 * an address) is refused in the manifest, not only at its use.
 */
const LABEL = '[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?';
// The last label begins with a letter; otherwise a URL parser would read the name as an IPv4 address (WHATWG URL, "ends in a number").
const LAST_LABEL = '[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const HOST_NAME = `(${LABEL}\\.)*${LAST_LABEL}`;
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = `${OCTET}(\\.${OCTET}){3}`;
const IPV6 = '\\[[0-9A-Fa-f:]{2,39}\\]';
const PORT = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})';
const ORIGIN = `https?://(${HOST_NAME}|${IPV4}|${IPV6})(:${PORT})?`;
// At most two dots before the first other character, so that neither `.` nor `..` is a segment.
const SEGMENT = '\\.{0,2}[A-Za-z0-9_~+=:@,$&-][A-Za-z0-9._~+=:@,$&-]*';

/** The longest address, in characters: twice the length of a full DNS name (253) and a repository path (255). */
export const ADDRESS_MAX = 1024;

/** The longest origin, in characters: scheme, a DNS name of 253 characters, and a port. */
export const ORIGIN_MAX = 270;

/** A frequent mistake, and the message for it. */
interface Cause {
  /** Whether a text has this fault when it matches, or when it does not match. */
  fault: 'match' | 'no match';
  regex: string;
  message: string;
}

const CAUSES: readonly Cause[] = [
  {
    fault: 'match',
    // The control characters are intentional: an address must not contain them.
    regex: '[\\x00-\\x20\\x7f]',
    message: 'must not contain white space or control characters; remove them',
  },
  {
    fault: 'no match',
    regex: '^https?://.',
    message: 'must begin with http:// or https:// and name a host, such as https://registry.example.com',
  },
  {
    fault: 'match',
    regex: '^https?://[^/?#]*@',
    message: 'must not contain a user name or password; put them into a Secret and name it in spec.auth.secretRef',
  },
  { fault: 'match', regex: '[?#]', message: 'must not contain a query or a fragment; remove ? and # and what follows' },
  { fault: 'match', regex: '[%\\\\;]', message: 'must not contain %, \\ or ;' },
  {
    fault: 'match',
    regex: '^https?://[^/]+(/|/.*/)\\.{0,2}/|/\\.{1,2}$',
    message: 'must not contain empty path segments, . or ..; write the path as it is meant',
  },
];

const NO_PATH: Cause = {
  fault: 'match',
  regex: '^https?://[^/]+/',
  message: 'must be an origin without a path or a slash at the end, such as https://auth.example.com',
};

const HOST_AND_PORT = 'with a host in ASCII (or an IP address in its usual form) and a port from 1 to 65535';

function grammarRule(grammar: string, causes: readonly Cause[], message: string): Rule<string> {
  const compiled = causes.map((cause) => ({ ...cause, regex: new RegExp(cause.regex) }));
  const ternaries = causes.map(
    (cause) => `${cause.fault === 'match' ? '' : '!'}self.matches(${celString(cause.regex)}) ? ${celString(cause.message)} : `,
  );
  const expected = new RegExp(grammar);
  return {
    cel: `self.matches(${celString(grammar)})`,
    message,
    messageCel: ternaries.join('') + celString(message),
    broken: (text) => {
      if (expected.test(text)) {
        return undefined;
      }
      return compiled.find(({ fault, regex }) => regex.test(text) === (fault === 'match'))?.message ?? message;
    },
  };
}

/** http(s)://HOST[:PORT][/PATH], for upstream addresses. */
export const ADDRESS_RULE = grammarRule(
  `^${ORIGIN}(/${SEGMENT})*/?$`,
  CAUSES,
  `must be https://HOST[:PORT][/PATH] or http://HOST[:PORT][/PATH], ${HOST_AND_PORT}`,
);

/** http(s)://HOST[:PORT], for origins. */
export const ORIGIN_RULE = grammarRule(
  `^${ORIGIN}$`,
  [...CAUSES, NO_PATH],
  `must be https://HOST[:PORT] or http://HOST[:PORT], ${HOST_AND_PORT}`,
);
