import type { RestRequest } from './rest-request.ts';

export interface RestAnswer {
  status: number;
  /** JSON, or text for the cat APIs. */
  body?: unknown;
  text?: string;
  headers?: Record<string, string>;
}

export type RestHandler = (request: RestRequest) => Promise<RestAnswer | null> | RestAnswer | null;

export interface RestRoute {
  methods: readonly string[];
  /** `/{index}/_doc/{id}` */
  path: string;
  /** Query parameters that the API takes besides the common ones. */
  params: readonly string[];
  handler: RestHandler;
  /** Bodies without a content type, or as plain text, are taken too: old agents send bulk requests so. */
  isLenientType?: boolean;
}

interface Node {
  literals: Map<string, Node>;
  parameter: Node | null;
  routes: Map<string, { route: RestRoute; names: string[] }>;
}

const makeNode = (): Node => ({ literals: new Map(), parameter: null, routes: new Map() });

export interface RouteMatch {
  route: RestRoute;
  parts: Map<string, string>;
}

/** Finds the route of a path; literal segments come before parameters, as in the real system. */
export class Router {
  readonly #root = makeNode();

  add(route: RestRoute): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of route.path.split('/').filter((part) => part !== '')) {
      if (segment.startsWith('{')) {
        names.push(segment.slice(1, -1));
        node.parameter ??= makeNode();
        node = node.parameter;
      } else {
        let next = node.literals.get(segment);
        if (next === undefined) {
          next = makeNode();
          node.literals.set(segment, next);
        }
        node = next;
      }
    }
    for (const method of route.methods) node.routes.set(method, { route, names });
  }

  /** The route, or the methods that the path has, or null for a path that nothing is at. */
  find(method: string, path: string): RouteMatch | { allowed: string[] } | null {
    const segments = path.split('/').filter((part) => part !== '');
    const allowed = new Set<string>();
    const found = this.#walk(this.#root, segments, 0, [], method, allowed);
    if (found !== null) return found;
    return allowed.size > 0 ? { allowed: [...allowed] } : null;
  }

  #walk(
    node: Node,
    segments: readonly string[],
    at: number,
    values: readonly string[],
    method: string,
    allowed: Set<string>,
  ): RouteMatch | null {
    if (at === segments.length) {
      const entry = node.routes.get(method);
      if (entry === undefined) {
        for (const name of node.routes.keys()) allowed.add(name);
        return null;
      }
      const parts = new Map(entry.names.map((name, i) => [name, decode(values[i]!)]));
      return { route: entry.route, parts };
    }
    const segment = segments[at]!;
    const literal = node.literals.get(segment);
    if (literal !== undefined) {
      const found = this.#walk(literal, segments, at + 1, values, method, allowed);
      if (found !== null) return found;
    }
    if (node.parameter === null) return null;
    return this.#walk(node.parameter, segments, at + 1, [...values, segment], method, allowed);
  }
}

/** Percent-decodes a segment; one that is not valid is taken as it is. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
