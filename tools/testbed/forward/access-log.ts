import { readFile } from 'node:fs/promises';
import { type CheckResult } from '../checks';
import { CLIENT, DAEMONS } from '../start-product';

/** The fields of the access log that are checked. */
interface Line {
  readonly client?: string;
  readonly mode?: string;
  readonly action?: string;
  readonly repository?: string;
  readonly status?: number;
  readonly outcome?: string;
}

const USERS: readonly (string | undefined)[] = [CLIENT, DAEMONS].map(({ namespace, name }) => `${namespace}/${name}`);

/**
 * Checks the lines of requests for repositories with a name: each came through the forward proxy with the token of a pod, and in every
 * repository something was pulled and something pushed.
 *
 * @param rows number of repositories
 */
export async function checkAccessLog(file: string, name: string, rows: number): Promise<CheckResult> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith('{') && line.includes(`${name}/`));
  const requests = lines.map((line) => JSON.parse(line) as Line).filter(({ repository = '' }) => `/${repository}`.includes(`/${name}/`));
  const wrong = requests.filter(({ mode, client }) => mode !== 'forward' || !USERS.includes(client));
  const failures = [...new Set(wrong.map(({ mode, client, repository }) => `access log: ${repository}: mode ${mode}, client ${client}`))];
  let passed = 0;
  for (const action of ['push', 'pull']) {
    const done = requests.filter((request) => request.action === action && (request.status ?? 0) < 300 && request.outcome === 'ok');
    const repositories = new Set(done.map(({ repository = '' }) => repository.replace(/-copy$|\/sample$/, '')));
    passed += repositories.size;
    if (repositories.size !== rows) {
      failures.push(`access log: ${action} in ${repositories.size} of ${rows} repositories: ${[...repositories].join(', ')}`);
    }
  }
  return { passed, failures };
}
