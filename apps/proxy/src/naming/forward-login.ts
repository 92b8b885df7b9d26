import { CONNECTORS_MAX, type ConnectorKey, isConnectorName, isDnsLabel } from '@oci-connector/connector-api';
import { Sensitive } from '@oci-connector/sensitive';

/** The user name and the password that a client of the forward proxy sends: the Connectors that it uses, and its token. */
export interface ForwardLogin {
  /** In the order of the user name; none twice, at least one. */
  readonly connectors: readonly ConnectorKey[];
  readonly token: Sensitive;
}

/** RFC 7617 §2: `Basic SP token68`. Bearer has no place for the names of Connectors. */
const BASIC = /^basic +([A-Za-z0-9+/_-]+=*)$/i;

/**
 * Parses `Proxy-Authorization: Basic NAMESPACE/NAME[,NAMESPACE/NAME…]:TOKEN`. The user ends at the first colon. It is percent-decoded after
 * that, because some clients send the user of the proxy's URL as it is written there, `NAMESPACE%2FNAME`.
 *
 * @returns the login, or what is wrong with it, in words for the client
 */
export function parseForwardLogin(header: string): ForwardLogin | string {
  const [, value] = BASIC.exec(header) ?? [];
  if (value === undefined) {
    return 'the Proxy-Authorization header is malformed';
  }
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  const token = colon < 0 ? '' : pair.slice(colon + 1);
  if (token === '') {
    return 'no password was sent';
  }
  const connectors = parseConnectors(decoded(pair.slice(0, colon)));
  return typeof connectors === 'string' ? connectors : { connectors, token: new Sensitive(token) };
}

/** Decodes a user name; one that cannot be decoded stays as it is, and names no Connector. */
function decoded(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}

function parseConnectors(user: string): readonly ConnectorKey[] | string {
  const names = [...new Set(user.split(','))];
  if (names.length > CONNECTORS_MAX) {
    return `the user names ${names.length} connectors; at most ${CONNECTORS_MAX} are possible`;
  }
  const keys: ConnectorKey[] = [];
  for (const text of names) {
    const [namespace = '', name = '', ...more] = text.split('/');
    if (!isDnsLabel(namespace) || !isConnectorName(name) || more.length > 0) {
      return 'the user must be NAMESPACE/NAME of a connector, or several of them separated by commas';
    }
    keys.push({ namespace, name });
  }
  return keys;
}
