import { protocolOf } from '@oci-connector/connector-api';
import { type ResolvedClass } from '@oci-connector/diagnosis';
import { classifyConnectError, createPinnedAgent, hostAndPort, requestByAgent, type EgressError } from '@oci-connector/egress';
import { basicAuthorization, isJsonObject, parseJsonObject, readAtMost } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { type Agent } from 'undici';
import { type NamespacedName } from '../../../installation/namespaced-name';
import { requestToken } from '../../../installation/request-token';
import { type ClientAddress } from '../../client-address';
import { type CheckContext } from '../check-context';
import { failed, type Outcome, passed, skipped } from '../outcome';

/** The shortest lifetime that Kubernetes allows. */
const TOKEN_SECONDS = 600;

/** Enough for an error of the distribution specification. */
const MAX_BODY_BYTES = 16 * 1024;

/** The types of manifests that clients accept. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

interface Known {
  readonly resolved: ResolvedClass;
  readonly address: ClientAddress;
  readonly account: NamespacedName;
}

/** Sends a request through the proxy with a token of the ServiceAccount: for the manifest of `--image`, or only for the entry point. */
export async function requestManifest(context: CheckContext, { resolved, address, account }: Known): Promise<Outcome> {
  if (resolved.connectorClass && protocolOf(resolved.connectorClass) !== 'oci') {
    return skipped('only requests of protocol oci are known');
  }
  if (!context.sendsCredential) {
    return skipped('--no-credential is given');
  }
  const { audience } = address;
  const token = await requestToken(context.client, { ...account, audience, expirationSeconds: TOKEN_SECONDS });
  const { origin } = new URL(address.url);
  const name = `${account.namespace}/${account.name}`;
  context.announce(`sending a token of ServiceAccount ${name} (audience ${audience}, valid for 10 minutes) to ${origin}`);
  const ca = address.caCertificates === undefined ? [] : [address.caCertificates];
  const agent = createPinnedAgent({ policy: context.egressToProxy, purpose: 'connector', ca, connectTimeoutMs: context.timeoutMs });
  try {
    const ask = askerOf({ address, token, agent, timeoutMs: context.timeoutMs });
    return context.image === undefined ? await askEntry(ask) : await askManifest(ask, context.image);
  } catch (error) {
    if ((error as Error).name === 'TimeoutError') {
      return failed(`${origin} did not answer within ${context.timeoutMs / 1_000} s; see the log of the proxy`);
    }
    const problem = classifyConnectError(error, hostAndPort(new URL(address.url)));
    if (!problem) {
      throw error;
    }
    return unreachable(context, problem, origin);
  } finally {
    await agent.destroy();
  }
}

interface Answer {
  readonly status: number;
  /** The message of the proxy or the registry; empty for HEAD. */
  readonly message: string;
}

type Ask = (method: 'GET' | 'HEAD', path: string) => Promise<Answer>;

interface AskerOptions {
  readonly address: ClientAddress;
  readonly token: Sensitive;
  readonly agent: Agent;
  readonly timeoutMs: number;
}

function askerOf({ address, token, agent, timeoutMs }: AskerOptions): Ask {
  const authorization = basicAuthorization({ username: 'connectors', password: token }).reveal();
  return async (method, path) => {
    const response = await requestByAgent(agent, `${address.url}${path}`, {
      method,
      headers: { authorization, accept: MANIFESTS, 'user-agent': 'oci-connector' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { body } = await readAtMost(response.body, MAX_BODY_BYTES);
    return { status: response.statusCode, message: messageIn(body.toString('utf8')) };
  };
}

/** Returns the messages of an error of the distribution specification. */
function messageIn(text: string): string {
  const errors = parseJsonObject(text)?.['errors'];
  const messages = Array.isArray(errors) ? errors.filter(isJsonObject).map(({ message }) => message) : [];
  return messages.filter((message) => typeof message === 'string').join('; ');
}

async function askEntry(ask: Ask): Promise<Outcome> {
  const answer = await ask('GET', '/v2/');
  return answer.status === 200
    ? passed('the proxy accepts the token; no image was requested: name one with --image', undefined)
    : refused('GET /v2/', answer);
}

async function askManifest(ask: Ask, image: string): Promise<Outcome> {
  const path = `/v2/${pathOf(image)}`;
  const answer = await ask('HEAD', path);
  if (answer.status === 200) {
    return passed(`HEAD of the manifest ${image} is answered with 200`, undefined);
  }
  // The response to HEAD has no message.
  return refused(`HEAD ${path}`, { ...answer, message: (await ask('GET', path)).message });
}

/** Returns REPOSITORY/manifests/REFERENCE. */
function pathOf(image: string): string {
  const [, repository = '', , tag, digest] = /^([^:@]+)(:([^@]+)|@(.+))?$/.exec(image) ?? [];
  return `${repository}/manifests/${digest ?? tag ?? 'latest'}`;
}

function refused(asked: string, { status, message }: Answer): Outcome<never> {
  const hint = status === 404 ? 'the image does not exist, or the account of the Connector may not see it' : 'no message';
  return failed(`${asked} is answered with ${status}: ${message === '' ? hint : message}; see docs/troubleshooting.md`);
}

/** A name of the cluster has no address outside of it: that is no fault. */
function unreachable({ isInCluster, settings }: CheckContext, problem: EgressError, origin: string): Outcome<never> {
  const cannotReach = ['HostNotFound', 'ConnectionRefused', 'ConnectTimeout', 'HostUnreachable'].includes(problem.code);
  if (isInCluster || !cannotReach) {
    return failed(
      problem.code === 'CertificateInvalid' ? `${problem.message} For ${origin} it must be that of status.proxy` : problem.message,
    );
  }
  return skipped(
    `${origin} cannot be reached from this machine; run the command in the cluster: kubectl exec --namespace ${settings.namespace} deploy/connectors-controller -- node /app/connectors.js check …`,
  );
}
