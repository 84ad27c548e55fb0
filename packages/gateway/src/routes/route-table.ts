import { GatewayError } from '../errors.ts';
import { compileRoute, type Route, type RouteContext } from './compile-route.ts';
import type { RouteDefinition } from './definition.ts';
import type { RouteRequest } from './route-request.ts';
import { WeightGroups } from './weight-groups.ts';

/** Routes in the order in which they are tried, found by the first path segment. Immutable: a reload makes a new one. */
export class RouteTable {
  readonly routes: readonly Route[];
  readonly #bySegment = new Map<string, Route[]>();
  readonly #anySegment: Route[] = [];

  constructor(definitions: readonly RouteDefinition[], given: Omit<RouteContext, 'weights'>) {
    const context: RouteContext = { ...given, weights: new WeightGroups() };
    const routes: Route[] = [];
    const ids = new Set<string>();
    for (const [i, definition] of definitions.entries()) {
      const route = compileRoute(definition, i, context);
      if (route === undefined) continue;
      if (ids.has(route.id))
        throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `route "${route.id}": the id is used twice`);
      ids.add(route.id);
      routes.push(route);
    }
    this.routes = routes.sort((a, b) => a.order - b.order);
    for (const route of this.routes) {
      if (route.firstSegments === undefined) {
        this.#anySegment.push(route);
        for (const candidates of this.#bySegment.values()) candidates.push(route);
        continue;
      }
      for (const segment of new Set(route.firstSegments)) {
        const candidates = this.#bySegment.get(segment);
        if (candidates) candidates.push(route);
        else this.#bySegment.set(segment, [...this.#anySegment, route]);
      }
    }
  }

  find(request: RouteRequest): { route: Route; variables: Record<string, string> } | undefined {
    const candidates = this.#bySegment.get(request.segments[0] ?? '') ?? this.#anySegment;
    for (const route of candidates) {
      const variables = route.match(request);
      if (variables !== null) return { route, variables };
    }
    return undefined;
  }

  /** Whether a route names this host: such hosts are answered besides the loopback names. */
  acceptsHost(host: string): boolean {
    return this.routes.some((route) => route.acceptsHost(host));
  }
}
