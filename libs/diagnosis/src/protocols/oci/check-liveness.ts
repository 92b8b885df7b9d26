import { Reason, meantOrigin, repositoryPrefix } from '@oci-connector/connector-api';
import { RegistryHttpClient } from '@oci-connector/egress';
import { parseRetryAfter } from '@oci-connector/http';
import { refusesAuthorization, type RegistryHttpResponse } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../../diagnosis-target';
import { explain } from '../../explain';
import { PASSED, failed, throttled, type Finding } from '../../finding';

/** Registries answer `/v2/` with a few bytes; more than this is not needed to tell a web page from them. */
const MAX_BODY_BYTES = 4096;

/** A repository that need not exist: what is asked is whether the registry knows what the path means. */
const PROBED_LIST = 'connector-probe/tags/list';

/**
 * Whether a registry answers at the address: `GET /v2/` is answered with 200, or with 401 because no credential is sent
 * (distribution-spec, "Determining Support"), or with 403 and a challenge. Where the address has a path, a list below it is asked too: an ingress that serves
 * something else there, or a registry that takes no such names, is seen here and not by the first pull.
 */
export async function checkLiveness(target: DiagnosisTarget, signal?: AbortSignal): Promise<Finding> {
  const { address, egress, clock, ca, timeoutMs } = target;
  const http = new RegistryHttpClient({ policy: egress, ca, timeoutMs });
  const ask = (path: string): Promise<RegistryHttpResponse> =>
    http.get(new URL(path, address.origin), { headers: {}, purpose: 'connector', maxBytes: MAX_BODY_BYTES, signal });
  try {
    const finding = judge(await ask('/v2/'), address.origin, clock.now());
    const prefix = repositoryPrefix(address);
    if (finding.outcome !== 'passed' || prefix === '') {
      return finding;
    }
    return judgePrefix(await ask(`/v2/${prefix}/${PROBED_LIST}`), { origin: address.origin, prefix });
  } catch (error) {
    return explain(error, { check: 'liveness', origin: address.origin });
  } finally {
    await http.close();
  }
}

/** Of a registry that is alive. A repository that is missing says nothing, and neither does a refusal. */
function judgePrefix(response: RegistryHttpResponse, { origin, prefix }: { origin: string; prefix: string }): Finding {
  const { status, body } = response;
  if (status >= 300 && status < 400) {
    return redirected(response, `${origin}/v2/${prefix}/${PROBED_LIST}`, origin);
  }
  const text = body.toString('utf8');
  const isForeign = isWebPage(body) || (status === 404 && !/"errors"\s*:/.test(text));
  if (status !== 400 && !isForeign && !text.includes('"NAME_INVALID"')) {
    return PASSED;
  }
  return failed(
    Reason.NotARegistry,
    `GET ${origin}/v2/${prefix}/${PROBED_LIST} was answered with status code ${status}, not as a registry answers; the path of spec.address comes before every repository: correct it, or remove it`,
  );
}

function judge(response: RegistryHttpResponse, origin: string, now: number): Finding {
  const { status } = response;
  const asked = `GET ${origin}/v2/`;
  if (status === 401 || isChallenged(response)) {
    return PASSED;
  }
  if (status === 200 && !isWebPage(response.body)) {
    return PASSED;
  }
  if (status === 200) {
    return failed(Reason.NotARegistry, `${asked} was answered with a web page; set spec.address to the registry itself`);
  }
  if (status === 429) {
    return throttled(
      `${asked} was answered with status code 429; it is asked again later`,
      parseRetryAfter(response.headers['retry-after'], now),
    );
  }
  if (status >= 500) {
    return failed(Reason.ConnectionFailed, `${asked} was answered with status code ${status}; see whether the registry is well`);
  }
  if (status >= 300 && status < 400) {
    return redirected(response, asked.slice('GET '.length), origin);
  }
  return failed(
    Reason.NotARegistry,
    `${asked} was answered with status code ${status} instead of 200 or 401; set spec.address to a registry that implements the OCI distribution specification`,
  );
}

/** Some gateways say 403 to those who sent nothing. Without a challenge it is a firewall's or a web site's. */
function isChallenged({ status, headers }: RegistryHttpResponse): boolean {
  return refusesAuthorization(status, headers['www-authenticate'], { scheme: 'none' });
}

/**
 * A site that answers every path with its start page says 200, too. The content type does not tell: Quay sends its
 * `true` as text/html.
 */
function isWebPage(body: Buffer): boolean {
  return /^\s*<(!doctype|html|head|body|!--)/i.test(body.toString('utf8'));
}

function redirected({ status, headers }: RegistryHttpResponse, asked: string, origin: string): Finding {
  const target = originOf(headers['location'], origin);
  const advice =
    target !== undefined && target !== origin
      ? `; if that is the registry, set spec.address to ${target}`
      : '; set spec.address to the registry itself';
  return failed(Reason.NotARegistry, `GET ${asked} was answered with a redirect (status code ${status})${advice}`);
}

/** Only the origin is repeated: a redirect's query may carry a signature (rule C14). */
function originOf(location: string | string[] | undefined, base: string): string | undefined {
  const first = Array.isArray(location) ? location[0] : location;
  if (first === undefined || !URL.canParse(first, base)) {
    return undefined;
  }
  const url = new URL(first, base);
  return url.protocol === 'http:' || url.protocol === 'https:' ? meantOrigin(url, base) : undefined;
}
