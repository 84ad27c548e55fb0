import { isObject, type RouteDefinition } from '../routes/definition.ts';

/** Where Spring Cloud Gateway has its routes: the newer name, the older one, and that of headwater.yaml. The first that holds any counts. */
const routePrefixes = ['spring.cloud.gateway.server.webflux.routes', 'spring.cloud.gateway.routes', 'gateway.routes'];

/** What a configuration says of a gateway. */
export interface ConfiguredGateway {
  routes: readonly RouteDefinition[];
  /** Name → settings, from `gateway.circuitbreakers`. */
  circuitBreakers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `resilience4j.…`, flattened. */
  properties: Readonly<Record<string, unknown>>;
}

/** Reads it from properties; `tree` gives what stands below a prefix as objects and lists. Values may be text, as property files have them. */
export function readConfiguredGateway(tree: (prefix: string) => unknown): ConfiguredGateway {
  let routes: readonly unknown[] = [];
  for (const prefix of routePrefixes) {
    const found = listOf(tree(prefix));
    if (found.length === 0) continue;
    routes = found;
    break;
  }
  const breakers = tree('gateway.circuitbreakers');
  const properties: Record<string, unknown> = {};
  flatten('resilience4j', tree('resilience4j'), properties);
  return {
    routes: routes.map(routeOf),
    circuitBreakers: isObject(breakers) ? (breakers as Record<string, Record<string, unknown>>) : {},
    properties,
  };
}

/** A list, or a map by index as properties may become. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.filter((each) => each !== undefined && each !== null);
  return isObject(value) && Object.keys(value).every((key) => /^\d+$/.test(key)) ? Object.values(value) : [];
}

function routeOf(value: unknown): RouteDefinition {
  if (!isObject(value)) return value as RouteDefinition;
  const route: Record<string, unknown> = { ...value };
  for (const key of ['predicates', 'filters']) if (isObject(route[key])) route[key] = listOf(route[key]);
  const { order, enabled } = route;
  if (typeof order === 'string' && /^-?\d+$/.test(order.trim())) route['order'] = Number(order);
  if (enabled === 'true' || enabled === 'false') route['enabled'] = enabled === 'true';
  return route as unknown as RouteDefinition;
}

function flatten(prefix: string, value: unknown, into: Record<string, unknown>): void {
  if (Array.isArray(value)) for (const [i, each] of value.entries()) flatten(`${prefix}[${i}]`, each, into);
  else if (isObject(value))
    for (const [key, each] of Object.entries(value))
      flatten(/[.[\]]/.test(key) ? `${prefix}.[${key}]` : `${prefix}.${key}`, each, into);
  else if (value !== undefined) into[prefix] = value;
}
