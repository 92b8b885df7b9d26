import { type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Connector } from '@oci-connector/connector-api';
import { explain } from '@oci-connector/diagnosis';
import { formatHostAndPort, pinnedConnect } from '@oci-connector/egress';
import { formatKey } from '@oci-connector/kube';
import { visible } from '@oci-connector/sensitive';
import { type CheckContext } from '../check-context';
import { ofFinding, type Outcome, passed } from '../outcome';
import { addressOf } from './connector-objects';

/** Resolves the name of the registry, and checks its addresses by the egress policy. */
export async function checkName({ egress, target }: CheckContext, connector: Connector): Promise<Outcome> {
  return explained(connector, async () => {
    const { host, port } = addressOf(connector);
    const addresses = await egress.forOwner(formatKey(target)).resolve(host, port, 'connector');
    const list = addresses.map(({ address }) => address).join(', ');
    return passed(list === host ? `${host} is an address` : `${host} has ${list}`, undefined);
  });
}

/** Opens a connection without TLS, and closes it. */
export async function checkPort(context: CheckContext, connector: Connector): Promise<Outcome> {
  return explained(connector, async () => {
    const place = formatHostAndPort(addressOf(connector));
    await connected(context, `http://${place}`, [], () => undefined);
    return passed(`${place} accepts connections`, undefined);
  });
}

/** Does a TLS handshake, which checks the certificate. */
export async function checkTls(context: CheckContext, connector: Connector, ca: readonly string[]): Promise<Outcome> {
  const { scheme } = addressOf(connector);
  if (scheme === 'http') {
    return passed('not used: spec.address begins with http://, so the credential is sent in clear text', undefined);
  }
  return explained(connector, async () => {
    const place = formatHostAndPort(addressOf(connector));
    const described = await connected(context, `https://${place}`, ca, describeCertificate);
    return passed(described, undefined);
  });
}

async function connected<T>(context: CheckContext, origin: string, ca: readonly string[], use: (socket: Socket) => T): Promise<T> {
  const { egress, timeoutMs } = context;
  const socket = await pinnedConnect({ policy: egress, purpose: 'connector', ca, connectTimeoutMs: timeoutMs })(origin);
  try {
    return use(socket);
  } finally {
    socket.destroy();
  }
}

/** The longest name of an authority that is shown. */
const MAX_NAME_LENGTH = 100;

function describeCertificate(socket: Socket): string {
  if (!(socket instanceof TLSSocket)) {
    return 'the certificate is valid';
  }
  const { issuer, valid_to: validTo } = socket.getPeerCertificate();
  const name = issuer.CN ?? issuer.O;
  const authority = Array.isArray(name) ? name.join(', ') : (name ?? 'an authority without a name');
  return `the certificate of ${visible(authority, MAX_NAME_LENGTH)} is valid until ${validTo}`;
}

async function explained(connector: Connector, check: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await check();
  } catch (error) {
    return ofFinding(explain(error, { check: 'liveness', origin: connector.spec.address }), () => passed('', undefined));
  }
}
