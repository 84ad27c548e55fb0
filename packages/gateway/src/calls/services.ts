import type { BalancerStrategy, OutlierConfig, RetryBudgetOptions } from '@headwater/resilience';
import type { Changes } from '../observe/changes.ts';
import type { Instance, InstancePicker } from '../stages/policies.ts';
import { BalancedService, type InstanceState } from './balanced-service.ts';
import { ageOf, type InstanceSource } from './instance-source.ts';
import { ServicePicker } from './service-picker.ts';

export interface LoadBalancerOptions {
  /** Default roundRobin; a route's metadata `load-balancer` wins. */
  strategy?: BalancerStrategy;
  /** Instances whose metadata names this zone are preferred. */
  zone?: string;
  /** Envoy's terms. Half of the instances may be ejected (Envoy: 10 %), because services here have few. */
  outlierDetection?: Partial<OutlierConfig>;
  /** For calls that could not be sent to their first instance. */
  retryBudget?: RetryBudgetOptions;
}

/** The services that routes lead to by `lb://name`, kept as discovery, or the list of the configuration, has them. */
export class Services {
  readonly #options: LoadBalancerOptions;
  readonly #source: InstanceSource | undefined;
  readonly #changes: Changes;
  readonly #services = new Map<string, BalancedService>();
  /** Names whose instances the configuration lists. */
  readonly #listed = new Set<string>();
  readonly #onGone: () => void;
  readonly #stopListening: (() => void) | undefined;
  #discoveryStatus: string;

  /** `onGone`: instances have left. */
  constructor(options: LoadBalancerOptions, source: InstanceSource | undefined, changes: Changes, onGone: () => void) {
    this.#options = options;
    this.#source = source;
    this.#changes = changes;
    this.#onGone = onGone;
    this.#discoveryStatus = source?.state.status ?? 'never';
    this.#stopListening = source?.onChange((names) => this.#update(names));
  }

  /** Undefined when nobody knows where the instances of a service are. */
  pickerOf(
    service: string,
    metadata: Readonly<Record<string, unknown>>,
    listed: readonly Instance[],
  ): InstancePicker | undefined {
    const source = this.#source;
    if (listed.length === 0 && source === undefined) return undefined;
    const name = service.toLowerCase();
    let balanced = this.#services.get(name);
    if (balanced === undefined) {
      const { strategy = 'roundRobin', zone, outlierDetection = {}, retryBudget = {} } = this.#options;
      balanced = new BalancedService(name, {
        strategy,
        zone,
        outlierDetection: { maxEjectionPercent: 50, ...outlierDetection },
        retryBudget,
        onOutlier: (of, { id, change, reason }) =>
          this.#changes.tell({ kind: 'instance', subject: `${of}/${id}`, change, reason }),
      });
      this.#services.set(name, balanced);
    }
    if (listed.length > 0) {
      this.#listed.add(name);
      const metadataOf = {};
      balanced.update(listed.map(({ origin }) => ({ instanceId: origin, url: origin, metadata: metadataOf })));
      return new ServicePicker(balanced, metadata, () => 'the configuration lists none');
    }
    this.#listed.delete(name);
    balanced.update(source!.instances(name));
    return new ServicePicker(balanced, metadata, () => ageOf(source!.state));
  }

  get(service: string): BalancedService | undefined {
    return this.#services.get(service.toLowerCase());
  }

  states(): (InstanceState & { source: string })[] {
    return [...this.#services.values()].flatMap((service) =>
      service
        .states()
        .map((state) => ({ ...state, source: this.#listed.has(service.name) ? 'configuration' : 'discovery' })),
    );
  }

  /** Resolves when each of the services has an instance: false when `signal` ends the wait. */
  async whenAllHaveInstances(names: readonly string[], signal: AbortSignal): Promise<boolean> {
    const isKnown = (): boolean => names.every((name) => (this.get(name)?.states().length ?? 0) > 0);
    if (isKnown()) return true;
    if (this.#source === undefined || signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const stop = this.#source.onChange(() => {
      if (isKnown()) resolve(true);
    });
    const giveUp = (): void => resolve(isKnown());
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
      stop();
    }
  }

  get names(): readonly string[] {
    return [...this.#services.keys()];
  }

  /** How fresh the list of instances is; null without discovery. */
  get discovery(): (InstanceSource['state'] & { age: string }) | null {
    return this.#source === undefined ? null : { ...this.#source.state, age: ageOf(this.#source.state) };
  }

  /** Lets ejections end, and tells when discovery was lost or is back. */
  tick(): void {
    for (const service of this.#services.values()) service.tick();
    const state = this.#source?.state;
    if (state === undefined || state.status === this.#discoveryStatus) return;
    this.#discoveryStatus = state.status;
    this.#changes.tell({ kind: 'discovery', subject: 'discovery', change: state.status, reason: ageOf(state) });
  }

  close(): void {
    this.#stopListening?.();
  }

  #update(names: ReadonlySet<string>): void {
    let isAnyGone = false;
    for (const name of names) {
      const service = this.#services.get(name.toLowerCase());
      if (service === undefined || this.#listed.has(service.name)) continue;
      const { added, removed } = service.update(this.#source!.instances(service.name));
      for (const [change, ids] of [
        ['added', added],
        ['removed', removed],
      ] as const)
        for (const id of ids)
          this.#changes.tell({
            kind: 'instance',
            subject: `${service.name}/${id}`,
            change,
            reason: 'discovery says so',
          });
      isAnyGone ||= removed.length > 0;
    }
    if (isAnyGone) this.#onGone();
  }
}
