import type { Random } from '../clock.ts';
import { checkRange, ResilienceError } from '../resilience-error.ts';
import { hashText, rendezvousScore } from './rendezvous-hash.ts';

export const balancerStrategies = ['roundRobin', 'leastRequests', 'powerOfTwo'] as const;

/**
 * `roundRobin`: in turn, by weight (nginx's smooth form: no bursts to the heavy ones). `leastRequests`: the one with the fewest
 * requests under way for its weight. `powerOfTwo`: the better of two drawn at random, which many balancers can do side by side
 * without all choosing the same one.
 */
export type BalancerStrategy = (typeof balancerStrategies)[number];

/** Something that can be asked. */
export interface Endpoint {
  /** Unique within a balancer. */
  readonly id: string;
  /** Above 0, at most 1,000,000. Default 1. */
  readonly weight?: number | undefined;
  readonly zone?: string | undefined;
}

export interface BalancerOptions {
  /** Default roundRobin. */
  strategy?: BalancerStrategy;
  /** Endpoints of this zone are preferred while any of them is available. */
  zone?: string | undefined;
  random?: Random;
}

export interface PickOptions {
  /** Instead of the balancer's own. */
  strategy?: BalancerStrategy | undefined;
  /** The endpoint with this id, if it is available. */
  id?: string | undefined;
  /** The same key leads to the same endpoint while it is available. */
  key?: string | undefined;
  /** Ids tried before: taken only when there is no other. */
  exclude?: ReadonlySet<string> | undefined;
  /** Whether an endpoint may be asked; when no one may, all are. Default: all. */
  isAvailable?: ((id: string) => boolean) | undefined;
}

/** An endpoint with what the balancer knows of it. */
export interface Balanced<E extends Endpoint> {
  readonly endpoint: E;
  /** Requests under way. */
  readonly inFlight: number;
  /** Requests picked for it. */
  readonly picks: number;
}

interface Member<E extends Endpoint> extends Balanced<E> {
  endpoint: E;
  inFlight: number;
  picks: number;
  weight: number;
  hash: number;
  /** Smooth weighted round robin. */
  current: number;
}

/**
 * Chooses among the endpoints of one service. The list may be replaced at any time: counts of endpoints that stay are kept.
 *
 * @example
 * const balancer = new Balancer<Endpoint>({ strategy: 'leastRequests' });
 * balancer.update([{ id: '10.0.0.1:80' }, { id: '10.0.0.2:80', weight: 2 }]);
 * const picked = balancer.pick();
 * if (picked) {
 *   balancer.begin(picked);
 *   // … ask picked.endpoint …
 *   balancer.end(picked);
 * }
 */
export class Balancer<E extends Endpoint> {
  readonly strategy: BalancerStrategy;
  readonly #zone: string | undefined;
  readonly #random: Random;
  #members: Member<E>[] = [];

  constructor(options: BalancerOptions = {}) {
    this.strategy = options.strategy ?? 'roundRobin';
    if (!balancerStrategies.includes(this.strategy))
      throw new ResilienceError(
        'HW_RESILIENCE_CONFIG',
        `balancer: strategy must be one of ${balancerStrategies.join(', ')}, not "${this.strategy}"`,
      );
    this.#zone = options.zone;
    this.#random = options.random ?? Math.random;
  }

  /** The endpoints from now on. Throws ResilienceError HW_RESILIENCE_CONFIG for an id given twice or a wrong weight. */
  update(endpoints: readonly E[]): void {
    const known = new Map(this.#members.map((member) => [member.endpoint.id, member]));
    const ids = new Set<string>();
    const members = endpoints.map((endpoint): Member<E> => {
      const { id, weight = 1 } = endpoint;
      checkRange(`balancer: weight of "${id}"`, weight, { min: 0, max: 1_000_000, isMinExcluded: true });
      if (ids.has(id)) throw new ResilienceError('HW_RESILIENCE_CONFIG', `balancer: the id "${id}" is given twice`);
      ids.add(id);
      return known.get(id) ?? { endpoint, inFlight: 0, picks: 0, weight, hash: hashText(id), current: 0 };
    });
    for (const [i, member] of members.entries()) {
      member.endpoint = endpoints[i]!;
      member.weight = member.endpoint.weight ?? 1;
    }
    this.#members = members;
  }

  get endpoints(): readonly Balanced<E>[] {
    return this.#members;
  }

  /** The endpoint to ask next; undefined when there are none. */
  pick(options: PickOptions = {}): Balanced<E> | undefined {
    const candidates = this.#narrow(options);
    if (candidates.length === 0) return undefined;
    const picked = this.#choose(candidates, options);
    picked.picks++;
    return picked;
  }

  /** Counts a request to an endpoint that was picked. */
  begin(picked: Balanced<E>): void {
    (picked as Member<E>).inFlight++;
  }

  end(picked: Balanced<E>): void {
    (picked as Member<E>).inFlight--;
  }

  #choose(candidates: readonly Member<E>[], { id, key, strategy }: PickOptions): Member<E> {
    if (candidates.length === 1) return candidates[0]!;
    if (id !== undefined) {
      const wanted = candidates.find((member) => member.endpoint.id === id);
      if (wanted) return wanted;
    }
    if (key !== undefined) return byKey(candidates, hashText(key));
    switch (strategy ?? this.strategy) {
      case 'roundRobin':
        return inTurn(candidates);
      case 'leastRequests':
        return leastRequests(candidates, this.#random);
      case 'powerOfTwo': {
        const first = Math.floor(this.#random() * candidates.length);
        const other = Math.floor(this.#random() * (candidates.length - 1));
        const [a, b] = [candidates[first]!, candidates[other < first ? other : other + 1]!];
        return load(b) < load(a) ? b : a;
      }
    }
  }

  /** Those that may be asked, not tried before, in our zone: each wish is dropped when it would leave none. */
  #narrow({ exclude, isAvailable }: PickOptions): readonly Member<E>[] {
    let from = this.#members;
    if (isAvailable !== undefined) from = this.#some(from, (member) => isAvailable(member.endpoint.id));
    if (exclude !== undefined && exclude.size > 0)
      from = this.#some(from, (member) => !exclude.has(member.endpoint.id));
    if (this.#zone !== undefined) from = this.#some(from, (member) => member.endpoint.zone === this.#zone);
    return from;
  }

  #some(from: Member<E>[], test: (member: Member<E>) => boolean): Member<E>[] {
    const out = from.filter(test);
    return out.length === 0 ? from : out;
  }
}

/** Requests under way with one more, for its weight. */
function load(member: Member<Endpoint>): number {
  return (member.inFlight + 1) / member.weight;
}

function inTurn<E extends Endpoint>(candidates: readonly Member<E>[]): Member<E> {
  let total = 0;
  let best = candidates[0]!;
  for (const member of candidates) {
    total += member.weight;
    member.current += member.weight;
    if (member.current > best.current) best = member;
  }
  best.current -= total;
  return best;
}

/** Among equals one at random: in the order of the list the first would get all requests of a quiet service. */
function leastRequests<E extends Endpoint>(candidates: readonly Member<E>[], random: Random): Member<E> {
  let best = candidates[0]!;
  let equals = 1;
  for (let i = 1; i < candidates.length; i++) {
    const member = candidates[i]!;
    const difference = load(member) - load(best);
    if (difference < 0) {
      best = member;
      equals = 1;
    } else if (difference === 0 && random() < 1 / ++equals) best = member;
  }
  return best;
}

function byKey<E extends Endpoint>(candidates: readonly Member<E>[], keyHash: number): Member<E> {
  let best = candidates[0]!;
  let bestScore = -1;
  for (const member of candidates) {
    const score = rendezvousScore(keyHash, member.hash, member.weight);
    if (score > bestScore) {
      best = member;
      bestScore = score;
    }
  }
  return best;
}
