import { type WallClock } from '@oci-connector/clock';
import { type RefreshingCache } from './refreshing-cache';
import { type AuthPlan, discoverPlan } from './registry-probe';
import { createAuthCache, type AuthCacheOptions, type KnownPlan, planKey } from './token-cache';
import { type UpstreamRegistry } from './upstream-registry';

/** How long a plan is remembered. A 401 corrects it immediately. */
export const PLAN_LIFETIME_MS = 30 * 60_000;

/** Remembers how registries require requests to be authorised: one plan for each connector, credential and list of trusted realms. */
export class KnownPlans {
  readonly #clock: WallClock;
  readonly #plans: RefreshingCache<KnownPlan>;

  constructor(options: AuthCacheOptions) {
    this.#clock = options.clock;
    this.#plans = createAuthCache<KnownPlan>(options);
  }

  /** Returns the remembered plan. A plan that is due is renewed in the background. */
  peek(registry: UpstreamRegistry): AuthPlan | undefined {
    return this.#plans.peek(planKey(registry), () => this.#discover(registry))?.plan;
  }

  /**
   * Returns the remembered plan, or asks the registry for it.
   *
   * @throws OciAuthError when the registry gives no usable plan; or the signal's reason
   */
  async get(registry: UpstreamRegistry, signal?: AbortSignal): Promise<AuthPlan> {
    return (await this.#plans.get(planKey(registry), () => this.#discover(registry), { signal })).plan;
  }

  /** Returns the remembered plan. Sends no request and renews nothing. */
  inspect(registry: UpstreamRegistry): KnownPlan | undefined {
    return this.#plans.inspect(planKey(registry));
  }

  /** @param learned the plan comes from the refusal of an ordinary request: `GET /v2/` does not reveal it */
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
    // A renewal in the middle of an upload must not forget what only a refused request can reveal.
    return plan.scheme === 'none' && known?.learned ? this.#know(known.plan, true) : this.#know(plan, false);
  }
}
