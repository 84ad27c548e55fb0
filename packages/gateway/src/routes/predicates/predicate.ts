import type { ArgumentShape, Arguments } from '../arguments.ts';
import type { RouteRequest } from '../route-request.ts';

/** Decides whether a route takes a request; what it captures it writes to `variables`. */
export interface Predicate {
  test(request: RouteRequest, variables: Record<string, string>): boolean;
  /** Names that `test` may write. */
  names?: readonly string[];
  /** First path segments of which one must be there; absent: any. The route table is indexed by them. */
  firstSegments?: readonly string[];
  /** Host patterns that this predicate names: hosts for which the gateway answers. */
  hosts?: (host: string) => boolean;
}

/** One kind of predicate, named as Spring Cloud Gateway names it. */
export interface PredicateKind {
  name: string;
  shape: ArgumentShape;
  create(args: Arguments): Predicate;
}
