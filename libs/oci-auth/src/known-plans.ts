import { type WallClock } from '@oci-connector/clock';
import { type RefreshingCache } from './refreshing-cache';
import { type AuthPlan, discoverPlan } from './registry-probe';
import { createAuthCache, type AuthCacheOptions, type KnownPlan, planKey } from './token-cache';
import { type UpstreamRegistry } from './upstream-registry';

/** How long it is remembered how a registry wants to be authorised; a 401 corrects it at once. */
export const PLAN_LIFETIME_MS = 30 * 60_000;

/** How registries want to be authorised: one plan for each connector, credential and trust. */
export class KnownPlans {
  readonly #clock: WallClock;
  readonly #plans: RefreshingCache<KnownPlan>;

  constructor(options: AuthCacheOptions) {
    this.#clock = options.clock;
    this.#plans = createAuthCache<KnownPlan>(options);
  }

  /** The plan that is remembered. One that is due is renewed in the background. */
  peek(registry: UpstreamRegistry): AuthPlan | undefined {
    return this.#plans.peek(planKey(registry), () => this.#discover(registry))?.plan;
  }

  /** The plan that is remembered, or the one that the registry gives when it is asked. Throws OciAuthError, or the signal's reason. */
  async get(registry: UpstreamRegistry, signal?: AbortSignal): Promise<AuthPlan> {
    return (await this.#plans.get(planKey(registry), () => this.#discover(registry), { signal })).plan;
  }

  /** The plan as it is remembered; nothing is asked for or renewed. */
  inspect(registry: UpstreamRegistry): KnownPlan | undefined {
    return this.#plans.inspect(planKey(registry));
  }

  /** @param learned only the refusal of a request could tell */
  set(registry: UpstreamRegistry, plan: AuthPlan, learned: boolean): void {
    this.#plans.set(planKey(registry), this.#know(plan, learned));
  }

  delete(registry: UpstreamRegistry): void {
    this.#plans.delete(planKey(registry));
  }

  forget(belongs: (key: string) => boolean): void {
    this.#plans.forget(belongs);
  }

  #know(plan: AuthPlan, learned: boolean): KnownPlan {
    return { plan, learned, expiresAt: this.#clock.now() + PLAN_LIFETIME_MS };
  }

  async #discover(registry: UpstreamRegistry): Promise<KnownPlan> {
    const plan = await discoverPlan(registry, () => this.#clock.now());
    const known = this.inspect(registry);
    // A renewal must not forget in the middle of an upload what only a refused request could tell.
    return plan.scheme === 'none' && known?.learned ? this.#know(known.plan, true) : this.#know(plan, false);
  }
}
