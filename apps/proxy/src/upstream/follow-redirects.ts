import { type UpstreamAddress } from '@oci-connector/connector-api';
import { isRedirect } from '@oci-connector/http';
import { ProxyError } from '../proxy.errors';
import { discardBody } from './read-body';
import { resolvePlace } from './upstream-place';
import { targetOf, type UpstreamTarget } from './upstream-target';
import { type UpstreamResponse } from './upstream-transport';

/** Most redirects in a row. Registries need one, a registry behind a gateway two. RFC 9110 §15.4 asks for a limit. */
const MAX_HOPS = 5;

/**
 * Follows the redirects of a GET or HEAD inside the proxy, so that clients need no access to the registry's object store.
 *
 * @param send sends the same request to another place
 * @returns the first response that is not a redirect, and the place that sent it
 * @throws ProxyError RedirectRefused when the proxy may not follow a redirect, UpstreamInvalid when its Location is not a URL
 */
export async function followRedirects(
  first: UpstreamResponse,
  from: UpstreamTarget,
  address: UpstreamAddress,
  send: (hop: UpstreamTarget) => Promise<UpstreamResponse>,
): Promise<{ response: UpstreamResponse; hop: UpstreamTarget }> {
  let response = first;
  let hop = from;
  for (let hops = 0; isRedirect(response.status); hops += 1) {
    const location = response.headers['location'];
    discardBody(response);
    if (hops === MAX_HOPS) {
      throw refused(`more than ${MAX_HOPS} redirects in a row`);
    }
    if (typeof location !== 'string') {
      throw refused('a redirect that does not have exactly one Location');
    }
    hop = nextHop(location, hop, address);
    response = await send(hop);
  }
  return { response, hop };
}

function nextHop(location: string, from: UpstreamTarget, address: UpstreamAddress): UpstreamTarget {
  const target = targetOf(resolvePlace(location, { asked: from, address }, 'a redirect'), address);
  // Once a hop was sent without the credential, all later hops are: an origin that is not the Connector's chose where they go.
  return { ...target, sendCredential: target.sendCredential && from.sendCredential };
}

function refused(what: string): ProxyError {
  return new ProxyError('RedirectRefused', `the registry answered with ${what}, which is not followed`);
}
