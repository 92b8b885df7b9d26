import { CONNECTORS_MAX, type ConnectorKey, isConnectorName, isDnsLabel } from '@oci-connector/connector-api';

/** RFC 7617 §2: `Basic SP token68`. Bearer has no place for the names of Connectors. */
const BASIC = /^basic +([A-Za-z0-9+/_-]+=*)$/i;

/**
 * Returns the Connectors that a login at the forward proxy names: `Basic NAMESPACE/NAME[,NAMESPACE/NAME…]:TOKEN`. The user name ends at the
 * first colon. It is percent-decoded after that, because some clients send the user of the proxy's URL as it is written there,
 * `NAMESPACE%2FNAME`. The caller has checked the token.
 *
 * @param header the value of Proxy-Authorization
 * @returns in the order of the user name, none twice, at least one; or what is wrong with the login, in words for the client
 */
export function connectorsOfLogin(header: string): readonly ConnectorKey[] | string {
  const [, value] = BASIC.exec(header) ?? [];
  if (value === undefined) {
    return 'the Proxy-Authorization header is malformed';
  }
  const [user = ''] = Buffer.from(value, 'base64').toString('utf8').split(':', 1);
  return parseConnectors(decoded(user));
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
