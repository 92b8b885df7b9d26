import { isRepositoryName } from '@oci-connector/connector-api';

/** Actions of the token scope grammar on a repository; the distribution project's token-scope page. */
export type RepositoryAction = 'pull' | 'push' | 'delete' | '*';

/** Access to one upstream repository. */
export interface RepositoryScope {
  /** Name as the registry knows it, with any path prefix of the address, without ours. */
  readonly repository: string;
  readonly actions: readonly RepositoryAction[];
}

const ACTION_ORDER: readonly RepositoryAction[] = ['pull', 'push', 'delete', '*'];

/**
 * The scope as the token server reads it: `repository:NAME:ACTION[,ACTION]`, actions without repetition in a fixed order.
 * Throws a TypeError for what is no repository name: it could change the meaning of the scope.
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
 * One scope per repository, those that write first: some token servers read only the first `scope` parameter, and a
 * push that also reads another repository (a mount) can do without the second one.
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

/** Longest `scope` parameter of a challenge that is looked at; ours are below 300 characters. */
const MAX_HINT_LENGTH = 1024;

/** Most of a token server's grammar: resource-type ":" resource-name ":" action *("," action), in visible ASCII. */
const SCOPE_HINT = /^repository(?:\([a-z0-9]+\))?:([A-Za-z0-9._:/-]+):([a-z*]+(?:,[a-z*]+)*)$/;

/**
 * The actions that a challenge names for the repository, as far as `limit` goes; empty where it names none. What it says of other
 * repositories is not read: nobody asked for those.
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

/** Whether the actions are the same, in whatever order. */
export function sameActions(one: readonly RepositoryAction[], other: readonly RepositoryAction[]): boolean {
  return one.length === other.length && one.every((action) => other.includes(action));
}
