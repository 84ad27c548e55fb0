import { GatewayError } from '../errors.ts';

/**
 * A route in the shape of Spring Cloud Gateway's `spring.cloud.gateway.routes`: what its YAML holds, unchanged.
 *
 * @example
 * const route: RouteDefinition = {
 *   id: 'query',
 *   uri: 'http://127.0.0.1:8184',
 *   predicates: ['Path=/query/**', { name: 'Method', args: { methods: 'GET,POST' } }],
 *   filters: ['StripPrefix=1'],
 * };
 */
export interface RouteDefinition {
  /** Default `route-<n>`. */
  id?: string;
  /** `http://`, `https://`, `ws://`, `wss://`, `lb://name` (with instances), or `no://op` for a route that only answers. */
  uri: string;
  predicates?: readonly (string | ComponentDefinition)[];
  filters?: readonly (string | ComponentDefinition)[];
  /** Lower is tried first; equals in the order of the list. Default 0. */
  order?: number;
  /** `connect-timeout` and `response-timeout` in ms, as Spring has them; `answer`, JSON that a route to `no://op` answers; other keys are shown and not used. */
  metadata?: Readonly<Record<string, unknown>>;
  /** Default true. */
  enabled?: boolean;
}

/** The expanded form of a predicate or filter. */
export interface ComponentDefinition {
  name: string;
  args?: Readonly<Record<string, unknown>> | readonly unknown[];
}

/** A predicate or filter as it was written, before its arguments have names. */
export interface Component {
  name: string;
  /** From the shortcut form, or a list. */
  positional: readonly unknown[];
  named: Readonly<Record<string, unknown>>;
  text: string;
}

/** Reads `Name=a,b` or `{name, args}`. */
export function parseComponent(value: unknown, where: string): Component {
  if (typeof value === 'string') {
    const equals = value.indexOf('=');
    const name = (equals === -1 ? value : value.slice(0, equals)).trim();
    if (name === '') throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where}: "${value}" has no name before "="`);
    const rest = equals === -1 ? '' : value.slice(equals + 1);
    // Spring tokenizes on every comma and drops empty tokens; a value with a comma needs the expanded form there too.
    const positional = rest
      .split(',')
      .map((token) => token.trim())
      .filter((token) => token !== '');
    return { name, positional, named: {}, text: value };
  }
  if (isObject(value) && typeof value.name === 'string') {
    const unknown = Object.keys(value).filter((key) => key !== 'name' && key !== 'args');
    if (unknown.length > 0)
      throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where}: unknown key "${unknown[0]}" (name and args are known)`);
    const args = value.args ?? {};
    const text = `${value.name}=${JSON.stringify(args)}`;
    if (Array.isArray(args)) return { name: value.name, positional: args, named: {}, text };
    if (!isObject(args))
      throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where}: args of ${value.name} must be a map or a list`);
    // Spring's own name for the n-th positional argument in a map.
    const keys = Object.keys(args);
    if (keys.length > 0 && keys.every((key) => /^_genkey_\d+$/.test(key)))
      return {
        name: value.name,
        positional: keys.sort((a, b) => Number(a.slice(8)) - Number(b.slice(8))).map((key) => args[key]),
        named: {},
        text,
      };
    return { name: value.name, positional: [], named: args, text };
  }
  throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where}: must be text like "Path=/orders/**" or a map {name, args}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
