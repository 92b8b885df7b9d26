import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { basicAuthorization, readAtMost } from '@oci-connector/http';
import { Sensitive } from '@oci-connector/sensitive';
import { SAMPLE } from './sample';
import { type Sandbox } from './sandbox';

/** Largest list of tags, in bytes: far more than a sample has. */
const MAX_BYTES = 64 * 1024;

/**
 * Lists the tags of the sample under the registry's own URL, through the forward proxy, with only the file `http.proxy` of a volume.
 *
 * @throws Error when the registry is not reached in this way, or the tag of {@link SAMPLE} is not in the list
 */
export async function listThroughForwardProxy(sandbox: Sandbox, volume: string): Promise<void> {
  const url = tagsUrl(sandbox);
  const proxy = new URL(await readFile(path.join(volume, 'http.proxy'), 'utf8'));
  const login = basicAuthorization({ username: decodeURIComponent(proxy.username), password: new Sensitive(proxy.password) });
  // A client sends the whole URL of an http target to its proxy (RFC 9112 §3.2.2).
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { host: new URL(url).host, 'proxy-authorization': login.reveal() };
    request({ host: proxy.hostname, port: proxy.port || 80, path: url, headers }, resolve)
      .on('error', reject)
      .end();
  });
  const body = (await readAtMost(response, MAX_BYTES)).body.toString();
  const { tags = [] } = response.statusCode === 200 ? (JSON.parse(body) as { tags?: readonly string[] }) : {};
  if (!tags.includes(SAMPLE.tag)) {
    throw new Error(`${url} through the forward proxy: status ${response.statusCode}: ${body}`);
  }
}

/** Returns the registry's own URL for the tags of the sample. */
export function tagsUrl({ registry }: Sandbox): string {
  return `${registry.url}/v2/${SAMPLE.repository}/tags/list`;
}
