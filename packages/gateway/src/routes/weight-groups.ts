import type { RouteRequest } from './route-request.ts';

/** Groups of routes of which each request gets one, by chance and by weight: the same one wherever it is asked. */
export class WeightGroups {
  readonly #groups = new Map<string, { routes: string[]; weights: number[]; total: number }>();
  readonly #chosen = new WeakMap<RouteRequest, Map<string, string>>();
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  add(group: string, route: string, weight: number): void {
    const found = this.#groups.get(group) ?? { routes: [], weights: [], total: 0 };
    found.routes.push(route);
    found.weights.push(weight);
    found.total += weight;
    this.#groups.set(group, found);
  }

  isChosen(request: RouteRequest, group: string, route: string): boolean {
    let chosen = this.#chosen.get(request);
    if (chosen === undefined) {
      chosen = new Map();
      this.#chosen.set(request, chosen);
    }
    let own = chosen.get(group);
    if (own === undefined) {
      own = this.#choose(group);
      chosen.set(group, own);
    }
    return own === route;
  }

  #choose(name: string): string {
    const group = this.#groups.get(name);
    if (group === undefined) return '';
    let at = this.#random() * group.total;
    for (const [i, weight] of group.weights.entries()) {
      at -= weight;
      if (at < 0) return group.routes[i]!;
    }
    return '';
  }
}
