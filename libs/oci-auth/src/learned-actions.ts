import { type WallClock } from '@oci-connector/clock';
import { LRUCache } from 'lru-cache';
import { type AuthRequest } from './auth-request';
import { hintedActions, type RepositoryAction, type RepositoryScope, sameActions } from './scope';
import { planKey } from './token-cache';
import { type UpstreamRegistry } from './upstream-registry';

/** With a size instead of a number of entries, the cache does not allocate all of them at the start. */
const MAX_ENTRIES = { maxSize: 10_000, sizeCalculation: () => 1 };

/** The names that registries use for our actions, where they differ. They are learnt from challenges; hardly any registry differs. */
export class LearnedActions {
  /** By connector and our names. */
  readonly #actions: LRUCache<string, readonly RepositoryAction[]>;

  constructor(clock: WallClock, lifetimeMs: number) {
    this.#actions = new LRUCache({ ...MAX_ENTRIES, ttl: lifetimeMs, ttlResolution: 0, perf: clock });
  }

  /** Returns the request with the actions that the challenge names, if it names one that we did not request but may. Remembers them. */
  learn(request: AuthRequest, hint: string | undefined): AuthRequest {
    const { registry, options } = request;
    const [own] = request.own;
    if (own === undefined) {
      return request;
    }
    const hinted = wantedActions(hint, own, options.limit);
    if (hinted.every((action) => request.scopes[0]?.actions.includes(action))) {
      return request;
    }
    this.#set(registry, own, hinted);
    return { ...request, scopes: this.named(registry, request.own) };
  }

  /** Remembers the actions to try after the token server refused a scope. Returns false when there are none. */
  narrow({ registry, own: [own], options }: AuthRequest, hint: string | undefined): boolean {
    const actions = own && narrowerActions(own, wantedActions(hint, own, options.limit));
    if (own === undefined || actions === undefined) {
      return false;
    }
    this.#set(registry, own, actions);
    return true;
  }

  /** Returns the scopes with the registry's names for the actions. */
  named(registry: UpstreamRegistry, own: readonly RepositoryScope[]): readonly RepositoryScope[] {
    const [first, ...rest] = own;
    const actions = first && this.#actions.size > 0 ? this.#actions.get(keyOf(registry, first.actions)) : undefined;
    return actions && first ? [{ ...first, actions }, ...rest] : own;
  }

  forget(belongs: (key: string) => boolean): void {
    for (const key of [...this.#actions.keys()]) {
      if (belongs(key)) {
        this.#actions.delete(key);
      }
    }
  }

  #set(registry: UpstreamRegistry, own: RepositoryScope, actions: readonly RepositoryAction[]): void {
    this.#actions.set(keyOf(registry, own.actions), actions);
  }
}

function keyOf(registry: UpstreamRegistry, actions: readonly RepositoryAction[]): string {
  return `${planKey(registry)}${actions.join(',')}`;
}

/** Returns the actions that a challenge names for the repository, within the limit; none when a write would become a read. */
function wantedActions(hint: string | undefined, own: RepositoryScope, limit = own.actions): readonly RepositoryAction[] {
  const hinted = hintedActions(hint, own.repository, limit);
  const isRead = (actions: readonly RepositoryAction[]): boolean => actions.every((action) => action === 'pull');
  return isRead(hinted) && !isRead(own.actions) ? [] : hinted;
}

/** Returns the actions to try after the token server refused a scope; undefined when there are none. See OciAuthorizer.narrowed. */
function narrowerActions({ actions }: RepositoryScope, hinted: readonly RepositoryAction[]): readonly RepositoryAction[] | undefined {
  if (hinted.length > 0 && !sameActions(hinted, actions)) {
    return hinted;
  }
  if (!actions.includes('delete')) {
    return undefined;
  }
  return actions.includes('push') ? ['pull', 'push'] : ['*'];
}
