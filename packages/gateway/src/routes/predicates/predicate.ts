import type { ArgumentShape, Arguments } from '../arguments.ts';
import type { RouteRequest } from '../route-request.ts';
import type { WeightGroups } from '../weight-groups.ts';

/** Decides whether a route takes a request; what it captures it writes to `variables`. */
export interface Predicate {
  test(request: RouteRequest, variables: Record<string, string>): boolean;
  /** Names that `test` may write. */
  names?: readonly string[];
  /** First path segments of which one must be there; absent: any. The route table is indexed by them. */
  firstSegments?: readonly string[];
  /** Host patterns that this predicate names: hosts for which the gateway answers. */
  hosts?: (host: string) => boolean;
  /** The share of a group that the route has. */
  weight?: { group: string; weight: number };
}

/** The route that a predicate is made for. */
export interface PredicateRoute {
  readonly id: string;
  /** Of the table that the route is in. */
  readonly weights: WeightGroups;
}

/** One kind of predicate, named as Spring Cloud Gateway names it. */
export interface PredicateKind {
  name: string;
  shape: ArgumentShape;
  create(args: Arguments, route: PredicateRoute): Predicate;
}
