import { isRepositoryName } from '@oci-connector/connector-api';

/** The actions on a repository in the token scope grammar (the distribution project's token-scope page). */
export type RepositoryAction = 'pull' | 'push' | 'delete' | '*';

/** Access to one upstream repository. */
export interface RepositoryScope {
  /** The repository's name at the registry: with the path prefix of the address, without ours. */
  readonly repository: string;
  readonly actions: readonly RepositoryAction[];
}

const ACTION_ORDER: readonly RepositoryAction[] = ['pull', 'push', 'delete', '*'];

/**
 * Formats the scope for the token server: `repository:NAME:ACTION[,ACTION]`, with each action once, in a fixed order.
 *
 * @throws TypeError when the repository name is invalid: it could change the meaning of the scope
 */
export function formatScope(scope: RepositoryScope): string {
  if (!isRepositoryName(scope.repository)) {
    throw new TypeError('A scope needs a repository name of the distribution specification');
  }
  const actions = ACTION_ORDER.filter((action) => scope.actions.includes(action));
  return `repository:${scope.repository}:${actions.join(',')}`;
}

function writes(scope: RepositoryScope): boolean {
  return scope.actions.some((action) => action !== 'pull');
}

/**
 * Merges the scopes to one per repository and sorts those that write to the front: some token servers read only the first `scope`
 * parameter, and a push that also reads another repository (a mount) works without the second scope.
 */
export function normalizeScopes(scopes: readonly RepositoryScope[]): readonly RepositoryScope[] {
  if (scopes.length < 2) {
    return scopes;
  }
  const byRepository = new Map<string, RepositoryScope>();
  for (const { repository, actions } of scopes) {
    const earlier = byRepository.get(repository)?.actions ?? [];
    byRepository.set(repository, { repository, actions: [...earlier, ...actions] });
  }
  const merged = [...byRepository.values()];
  return [...merged.filter(writes), ...merged.filter((scope) => !writes(scope))];
}

/** The longest `scope` parameter of a challenge that is parsed; ours are below 300 characters. */
const MAX_HINT_LENGTH = 1024;

/** Most of the grammar of token servers: resource-type ":" resource-name ":" action *("," action), in visible ASCII. */
const SCOPE_HINT = /^repository(?:\([a-z0-9]+\))?:([A-Za-z0-9._:/-]+):([a-z*]+(?:,[a-z*]+)*)$/;

/**
 * Returns the actions within `limit` that a challenge names for the repository; empty when it names none. Other repositories in the
 * challenge are ignored, because the request does not concern them.
 */
export function hintedActions(
  hint: string | undefined,
  repository: string,
  limit: readonly RepositoryAction[],
): readonly RepositoryAction[] {
  if (hint === undefined || hint.length > MAX_HINT_LENGTH) {
    return [];
  }
  const named = hint.split(' ').flatMap((scope) => {
    const match = SCOPE_HINT.exec(scope);
    return match?.[1] === repository ? (match[2] ?? '').split(',') : [];
  });
  return limit.filter((action) => named.includes(action));
}

/** Whether the actions are the same, in any order. */
export function sameActions(one: readonly RepositoryAction[], other: readonly RepositoryAction[]): boolean {
  return one.length === other.length && one.every((action) => other.includes(action));
}
