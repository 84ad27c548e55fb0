import { HttpError } from '@headwater/http';
import {
  type Balanced,
  Balancer,
  type BalancerStrategy,
  type Endpoint,
  type OutlierChange,
  type OutlierConfig,
  OutlierDetector,
  RetryBudget,
  type RetryBudgetOptions,
} from '@headwater/resilience';
import type { Call } from '../stages/call.ts';
import type { End, Instance } from '../stages/policies.ts';
import type { DiscoveredInstance } from './instance-source.ts';

/** An instance with what the balancer keeps of it. Made once: the same object as long as its address and metadata stay. */
export class ServiceInstance implements Instance, Endpoint {
  readonly id: string;
  readonly origin: string;
  readonly service: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly weight: number;
  readonly zone: string | undefined;
  /** Its counts in the balancer. */
  balanced: Balanced<ServiceInstance> | undefined;
  lastFailure: { atMs: number; reason: string } | undefined;

  constructor(service: string, given: DiscoveredInstance, origin: string) {
    this.id = given.instanceId;
    this.origin = origin;
    this.service = service;
    this.metadata = given.metadata;
    const weight = Number(given.metadata['weight'] ?? 1);
    this.weight = weight > 0 && weight <= 1_000_000 ? weight : 1;
    this.zone = given.metadata['zone'];
  }
}

/** An instance as `/api/gateway/instances` shows it. */
export interface InstanceState {
  service: string;
  id: string;
  url: string;
  weight: number;
  zone: string | null;
  inFlight: number;
  requests: number;
  isEjected: boolean;
  ejectedUntilMs: number | null;
  ejections: number;
  /** Why it is ejected. */
  reason: string | null;
  /** Percent of the last whole interval. */
  successRate: number | null;
  lastFailure: { atMs: number; reason: string } | null;
}

export interface ServiceOptions {
  strategy: BalancerStrategy;
  zone: string | undefined;
  outlierDetection: Partial<OutlierConfig>;
  retryBudget: RetryBudgetOptions;
  onOutlier: (service: string, change: OutlierChange) => void;
}

/** What a route wishes of a pick. */
export interface PickWish {
  strategy?: BalancerStrategy | undefined;
  key?: string | undefined;
}

const triedKey = Symbol('tried instances');

/** The instances of one service: which are there, which of them get calls, and how they fare. All routes to it share this. */
export class BalancedService {
  readonly name: string;
  /** For retries on another instance that no filter asked for. */
  readonly budget: RetryBudget;
  readonly #balancer: Balancer<ServiceInstance>;
  readonly #outliers: OutlierDetector;
  readonly #isAvailable = (id: string): boolean => !this.#outliers.isEjected(id);
  #instances: readonly ServiceInstance[] = [];

  constructor(name: string, options: ServiceOptions) {
    this.name = name;
    this.budget = new RetryBudget(options.retryBudget);
    this.#balancer = new Balancer({ strategy: options.strategy, zone: options.zone });
    this.#outliers = new OutlierDetector(options.outlierDetection, {
      onChange: (change) => options.onOutlier(name, change),
    });
  }

  get instances(): readonly ServiceInstance[] {
    return this.#instances;
  }

  /** The instances from now on; returns the ids that came and went. Addresses that are none are left out. */
  update(given: readonly DiscoveredInstance[]): { added: string[]; removed: string[] } {
    const before = new Map(this.#instances.map((instance) => [instance.id, instance]));
    const after = new Map<string, ServiceInstance>();
    for (const each of given) {
      const origin = originOf(each.url);
      if (origin === undefined) continue;
      const known = before.get(each.instanceId);
      const isSame = known?.origin === origin && isEqual(known.metadata, each.metadata);
      after.set(each.instanceId, isSame ? known : new ServiceInstance(this.name, each, origin));
    }
    this.#instances = [...after.values()];
    this.#balancer.update(this.#instances);
    this.#outliers.update(after.keys());
    return {
      added: [...after.keys()].filter((id) => !before.has(id)),
      removed: [...before.keys()].filter((id) => !after.has(id)),
    };
  }

  /** The instance for the next attempt; undefined when there is none at all. */
  pick(call: Call, { strategy, key }: PickWish): ServiceInstance | undefined {
    const picked = this.#balancer.pick({
      strategy,
      key,
      id: key,
      exclude: call.retries === 0 ? undefined : tried(call),
      isAvailable: this.#outliers.hasEjected ? this.#isAvailable : undefined,
    });
    if (picked === undefined) return undefined;
    this.#balancer.begin(picked);
    picked.endpoint.balanced = picked;
    return picked.endpoint;
  }

  done(instance: ServiceInstance, end: End): void {
    this.#balancer.end(instance.balanced!);
    if (end.isCancelled) return;
    const status = outlierStatus(end);
    if (status === undefined) return;
    if (status >= 500)
      instance.lastFailure = { atMs: Date.now(), reason: end.error?.message ?? `it answered ${end.status}` };
    this.#outliers.record(instance.id, status);
  }

  /** False when there is no such instance. */
  setEjected(id: string, isEjected: boolean, reason: string): boolean {
    return this.#outliers.setEjected(id, isEjected, reason);
  }

  /** Lets ejections end whose time is over. */
  tick(): void {
    this.#outliers.tick();
  }

  states(): InstanceState[] {
    const outliers = new Map(this.#outliers.states().map((state) => [state.id, state]));
    return this.#balancer.endpoints.map(({ endpoint, inFlight, picks }) => {
      const outlier = outliers.get(endpoint.id);
      return {
        service: this.name,
        id: endpoint.id,
        url: endpoint.origin,
        weight: endpoint.weight,
        zone: endpoint.zone ?? null,
        inFlight,
        requests: picks,
        isEjected: outlier?.isEjected ?? false,
        ejectedUntilMs: outlier?.ejectedUntilMs ?? null,
        ejections: outlier?.ejections ?? 0,
        reason: outlier?.reason ?? null,
        successRate: outlier?.successRate ?? null,
        lastFailure: endpoint.lastFailure ?? null,
      };
    });
  }
}

/** The ids that earlier attempts of a call went to. */
function tried(call: Call): ReadonlySet<string> {
  call.state ??= new Map();
  let ids = call.state.get(triedKey) as Set<string> | undefined;
  if (ids === undefined) call.state.set(triedKey, (ids = new Set()));
  if (call.instance?.id !== undefined) ids.add(call.instance.id);
  return ids;
}

/** What an end counts as: errors of the connection as Envoy maps them; undefined for what says nothing about the instance. */
function outlierStatus({ status, error }: End): number | undefined {
  if (error === undefined) return status === 0 ? undefined : status;
  if (!(error instanceof HttpError) || error.code === 'HW_GATEWAY_UPSTREAM_BUSY') return undefined;
  return error.status;
}

function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? origin : undefined;
}

function isEqual(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
