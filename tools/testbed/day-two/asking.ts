import { Agent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServiceClient } from './service-client';

/** What a client met that asked all the time. */
export interface Asked {
  readonly requests: number;
  /** The first failures. */
  readonly failures: readonly string[];
}

/** More failures say nothing new. */
const MAX_FAILURES = 10;

const PAUSE_MS = 50;

/**
 * Asks for the tags of a repository all the time: over a new connection each time, and over a connection that it keeps.
 *
 * @param work meanwhile
 * @returns what the requests met
 */
export async function askDuring(client: ServiceClient, work: () => Promise<void>): Promise<Asked> {
  const over = new AbortController();
  const failures: string[] = [];
  let requests = 0;
  const ask = async (name: string, agent?: Agent): Promise<void> => {
    while (!over.signal.aborted) {
      requests += 1;
      const problem = await problemOf(client, agent);
      if (problem !== undefined && failures.length < MAX_FAILURES) {
        failures.push(`${name}, ${new Date().toISOString()}: ${problem}`);
      }
      await delay(PAUSE_MS);
    }
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const asking = Promise.all([ask('new connection'), ask('kept connection', agent)]);
  try {
    await work();
  } finally {
    over.abort();
    await asking;
    agent.destroy();
  }
  return { requests, failures };
}

/** The codes of a connection that ends before the response. */
const CLOSED = ['ECONNRESET', 'EPIPE'];

async function problemOf(client: ServiceClient, agent?: Agent): Promise<string | undefined> {
  try {
    return await statusProblem(client, agent);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // As all clients do: the proxy may close an idle connection in the moment in which a request is sent on it.
    if (agent !== undefined && CLOSED.includes(code ?? '')) {
      return problemOf(client);
    }
    return message;
  }
}

async function statusProblem(client: ServiceClient, agent?: Agent): Promise<string | undefined> {
  const { status, body } = await client.send('/v2/asked/app/tags/list', { agent });
  // The registry does not have the repository.
  return status === 200 || status === 404 ? undefined : `status ${status}: ${body.toString('utf8', 0, 300)}`;
}
