import { type Agent, type Dispatcher } from 'undici';

type RequestOptions = Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body' | 'signal'>;

/**
 * Sends a request over the connections of an agent. Like `request` of undici, which would load everything else of undici, such as its
 * `fetch`.
 */
export function requestByAgent(agent: Agent, url: string | URL, options: RequestOptions): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(url);
  return agent.request({ ...options, origin, path: `${pathname}${search}` });
}
