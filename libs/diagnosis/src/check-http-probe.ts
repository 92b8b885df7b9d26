import { meantOrigin, Reason, type HttpProbe } from '@oci-connector/connector-api';
import { createPinnedAgent, type EgressPurpose, requestByAgent } from '@oci-connector/egress';
import { isRedirect, parseRetryAfter, readAtMost } from '@oci-connector/http';
import { type Dispatcher } from 'undici';
import { type DiagnosisTarget } from './diagnosis-target';
import { ExpressionError, evaluateResponse, type HttpAnswer } from './evaluate-response';
import { explain, type CheckSubject } from './explain';
import { PASSED, failed, throttled, unknown, type Finding } from './finding';
import { hasTemplate, probeRequest, type HttpProbeRequest } from './probe-request';

export interface CheckHttpProbeOptions {
  /** Decides which reason a refusal leads to. */
  check: CheckSubject['check'];
  signal?: AbortSignal;
}

/** The most bytes of a response body that `response.cel` can use. */
const MAX_BODY_BYTES = 65_536;

/** Browsers and Go clients follow more, but a health check needs no more redirects than this. */
const MAX_REDIRECTS = 5;

/**
 * Runs the `http` probe of a class. It passes when `response.cel` is true or, without an expression, when the status is 2xx.
 * It follows redirects within the egress policy, and omits the probe's headers after a redirect to another origin (rule C2).
 */
export async function checkHttpProbe(probe: HttpProbe, target: DiagnosisTarget, options: CheckHttpProbeOptions): Promise<Finding> {
  const subject = { check: options.check, origin: target.address.origin };
  if (hasTemplate(probe)) {
    return unknown(
      Reason.ProbeNotSupported,
      `the ${options.check === 'liveness' ? 'livenessProbe' : 'authProbe'} of the class uses a template ({{ … }}), which this version does not evaluate; nothing was checked`,
    );
  }
  const deadline = AbortSignal.timeout(target.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  try {
    const first = probeRequest(probe, target.address);
    const answer = await follow(first, { target, signal, redirects: probe.disableRedirect ? 0 : MAX_REDIRECTS });
    return judge(probe, answer, { subject, url: first.url, now: target.clock.now() });
  } catch (error) {
    if (error instanceof ExpressionError) {
      return failed(reasonOf(subject), `${error.message}; correct the class`);
    }
    if (error instanceof TypeError) {
      return failed(reasonOf(subject), `the probe of the class has no valid URL: ${error.message}; correct the class`);
    }
    return explain(error, subject);
  }
}

interface Walk {
  readonly target: DiagnosisTarget;
  readonly signal: AbortSignal;
  readonly redirects: number;
}

async function follow(first: HttpProbeRequest, walk: Walk): Promise<HttpAnswer> {
  let current = first;
  let purpose: EgressPurpose = 'connector';
  for (let left = walk.redirects; ; left -= 1) {
    const { answer, location } = await ask(current, purpose, walk);
    const next = left > 0 && isRedirect(answer.statusCode) ? redirected(current, answer.statusCode, location) : undefined;
    if (!next) {
      return answer;
    }
    purpose = next.url.hostname === first.url.hostname ? 'redirect-own-host' : 'redirect';
    current = next;
  }
}

/** Returns the request that a redirect leads to; undefined when the redirect may not be followed. https never becomes http. */
function redirected(from: HttpProbeRequest, status: number, location: string | undefined): HttpProbeRequest | undefined {
  const url = location === undefined ? undefined : placeOf(location, from.url);
  if (url === undefined || (url.protocol === 'http:' && from.url.protocol === 'https:')) {
    return undefined;
  }
  // RFC 9110 §15.4: 307 and 308 keep the method.
  const method = status === 307 || status === 308 ? from.method : 'GET';
  return { url, method, headers: url.origin === from.url.origin ? from.headers : {} };
}

/** `http://` with the host of an https request means https: a load balancer terminates TLS. */
function placeOf(location: string, asked: URL): URL | undefined {
  if (!URL.canParse(location, asked.href)) {
    return undefined;
  }
  const url = new URL(location, asked);
  const isPlain = (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '';
  return isPlain ? new URL(meantOrigin(url, asked.origin) + url.pathname + url.search) : undefined;
}

interface Answered {
  readonly answer: HttpAnswer;
  readonly location: string | undefined;
}

async function ask({ url, method, headers }: HttpProbeRequest, purpose: EgressPurpose, { target, signal }: Walk): Promise<Answered> {
  const agent = createPinnedAgent({ policy: target.egress, purpose, ca: target.ca });
  try {
    const response = await requestByAgent(agent, url, { method, headers, signal });
    const { body } = await readAtMost(response.body, MAX_BODY_BYTES);
    return {
      answer: { statusCode: response.statusCode, headers: headerMap(response.headers), bodyString: body.toString('utf8') },
      location: single(response.headers['location']),
    };
  } finally {
    await agent.destroy();
  }
}

function headerMap(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) => {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
    return [
      [name, text],
      [name.replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()), text],
    ];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

interface Judged {
  readonly subject: CheckSubject;
  readonly url: URL;
  /** When the response arrived. */
  readonly now: number;
}

function judge(probe: HttpProbe, answer: HttpAnswer, { subject, url, now }: Judged): Finding {
  const { statusCode } = answer;
  const expression = probe.response?.cel;
  const asked = `${probe.method ?? 'GET'} ${url.origin}${url.pathname}`;
  if (expression !== undefined && expression !== '') {
    if (evaluateResponse(expression, answer)) {
      return PASSED;
    }
    return failed(reasonOf(subject), `${asked} was answered with status code ${statusCode}, and response.cel of the class is false`);
  }
  if (statusCode >= 200 && statusCode < 300) {
    return PASSED;
  }
  if (statusCode === 429) {
    return throttled(
      `${asked} was answered with status code 429; it is checked again later`,
      parseRetryAfter(answer.headers['retry-after'], now),
    );
  }
  if (subject.check === 'liveness') {
    return failed(Reason.ConnectionFailed, `${asked} was answered with status code ${statusCode} instead of 2xx; check spec.address`);
  }
  return refused(statusCode, asked);
}

function refused(statusCode: number, asked: string): Finding {
  if (statusCode >= 500) {
    return unknown(Reason.ConnectionFailed, `${asked} was answered with status code ${statusCode}`);
  }
  const finding = failed(
    Reason.AuthenticationFailed,
    `Authentication failed: status code ${statusCode}: ${asked} was not accepted; correct the credential`,
  );
  return statusCode === 401 || statusCode === 403 ? { ...finding, credentialRefused: true } : finding;
}

function reasonOf({ check }: CheckSubject): typeof Reason.ConnectionFailed | typeof Reason.AuthenticationFailed {
  return check === 'liveness' ? Reason.ConnectionFailed : Reason.AuthenticationFailed;
}
