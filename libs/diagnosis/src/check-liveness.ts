import { Reason } from '@oci-connector/connector-api';
import { RegistryHttpClient } from '@oci-connector/egress';
import { parseRetryAfter, type RegistryHttpResponse } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from './diagnosis-target';
import { explain } from './explain';
import { PASSED, failed, throttled, type Finding } from './finding';

/** Registries answer `/v2/` with a few bytes; more than this is not needed to tell a web page from them. */
const MAX_BODY_BYTES = 4096;

/**
 * Whether a registry answers at the address: `GET /v2/` is answered with 200, or with 401 because no credential is sent
 * (distribution-spec, "Determining Support"). The path prefix of the address takes no part: it belongs to repositories.
 */
export async function checkLiveness(target: DiagnosisTarget, signal?: AbortSignal): Promise<Finding> {
  const { address, egress, ca, timeoutMs } = target;
  const http = new RegistryHttpClient({ policy: egress, ca, timeoutMs });
  try {
    const url = new URL('/v2/', address.origin);
    const response = await http.get(url, { headers: {}, purpose: 'connector', maxBytes: MAX_BODY_BYTES, signal });
    return judge(response, address.origin);
  } catch (error) {
    return explain(error, { check: 'liveness', origin: address.origin });
  } finally {
    await http.close();
  }
}

function judge(response: RegistryHttpResponse, origin: string): Finding {
  const { status } = response;
  const asked = `GET ${origin}/v2/`;
  if (status === 401) return PASSED;
  if (status === 200 && !isWebPage(response.body)) return PASSED;
  if (status === 200) {
    return failed(Reason.NotARegistry, `${asked} was answered with a web page; set spec.address to the registry itself`);
  }
  if (status === 429) {
    return throttled(`${asked} was answered with status code 429; it is asked again later`, parseRetryAfter(response.headers['retry-after'], Date.now()));
  }
  if (status >= 500) {
    return failed(Reason.ConnectionFailed, `${asked} was answered with status code ${status}; see whether the registry is well`);
  }
  if (status >= 300 && status < 400) return redirected(response, origin);
  return failed(
    Reason.NotARegistry,
    `${asked} was answered with status code ${status} instead of 200 or 401; set spec.address to a registry that implements the OCI distribution specification`,
  );
}

/**
 * A site that answers every path with its start page says 200, too. The content type does not tell: Quay sends its
 * `true` as text/html.
 */
function isWebPage(body: Buffer): boolean {
  return /^\s*<(!doctype|html|head|body|!--)/i.test(body.toString('utf8'));
}

function redirected({ status, headers }: RegistryHttpResponse, origin: string): Finding {
  const target = originOf(headers['location'], origin);
  const advice =
    target !== undefined && target !== origin ? `; if that is the registry, set spec.address to ${target}` : '; set spec.address to the registry itself';
  return failed(Reason.NotARegistry, `GET ${origin}/v2/ was answered with a redirect (status code ${status})${advice}`);
}

/** Only the origin is repeated: a redirect's query may carry a signature (rule C14). */
function originOf(location: string | string[] | undefined, base: string): string | undefined {
  const first = Array.isArray(location) ? location[0] : location;
  if (first === undefined || !URL.canParse(first, base)) return undefined;
  const { protocol, origin } = new URL(first, base);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}
