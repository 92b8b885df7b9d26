import { type WallClock } from '@oci-connector/clock';
import { LRUCache } from 'lru-cache';
import { type AuthRequest } from './auth-request';
import { hintedActions, type RepositoryAction, type RepositoryScope, sameActions } from './scope';
import { planKey } from './token-cache';
import { type UpstreamRegistry } from './upstream-registry';

const MAX_ENTRIES = 10_000;

/** What registries call our actions, where they have other names for them: learnt from their challenges. Nearly no registry has any. */
export class LearnedActions {
  /** By connector and our name of them. */
  readonly #actions: LRUCache<string, readonly RepositoryAction[]>;

  constructor(clock: WallClock, lifetimeMs: number) {
    this.#actions = new LRUCache({ max: MAX_ENTRIES, ttl: lifetimeMs, ttlResolution: 0, perf: clock });
  }

  /** The request with the actions that a challenge names, if it names one that we did not ask for and may; that is remembered. */
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

  /** Remembers what comes after a scope that the token server does not take; false: nothing does. */
  narrow({ registry, own: [own], options }: AuthRequest, hint: string | undefined): boolean {
    const actions = own && narrowerActions(own, wantedActions(hint, own, options.limit));
    if (own === undefined || actions === undefined) {
      return false;
    }
    this.#set(registry, own, actions);
    return true;
  }

  /** The scopes by the names that the registry has for their actions. */
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

/** The actions that a challenge names for what was asked, within the limit; none where a write would become a read. */
function wantedActions(hint: string | undefined, own: RepositoryScope, limit = own.actions): readonly RepositoryAction[] {
  const hinted = hintedActions(hint, own.repository, limit);
  const isRead = (actions: readonly RepositoryAction[]): boolean => actions.every((action) => action === 'pull');
  return isRead(hinted) && !isRead(own.actions) ? [] : hinted;
}

/** What comes after a scope that the token server does not take, see OciAuthorizer.narrowed; undefined: nothing. */
function narrowerActions({ actions }: RepositoryScope, hinted: readonly RepositoryAction[]): readonly RepositoryAction[] | undefined {
  if (hinted.length > 0 && !sameActions(hinted, actions)) {
    return hinted;
  }
  if (!actions.includes('delete')) {
    return undefined;
  }
  return actions.includes('push') ? ['pull', 'push'] : ['*'];
}
