import { GatewayError } from '../errors.ts';
import { Arguments } from './arguments.ts';
import { type Component, isObject, parseComponent, type RouteDefinition } from './definition.ts';
import type { Filter, RequestDraft, ResponseDraft } from './filters/filter.ts';
import { filterKinds, refusedFilters } from './filters/index.ts';
import { predicateKinds, refusedPredicates } from './predicates/index.ts';
import type { Predicate } from './predicates/predicate.ts';
import type { RouteRequest } from './route-request.ts';

/** A route ready to be matched. */
export interface Route {
  id: string;
  order: number;
  /** As configured. */
  uri: string;
  /** Base URLs, tried in turn; empty for `no://op`. */
  targets: readonly URL[];
  predicates: readonly string[];
  filters: readonly string[];
  metadata: Readonly<Record<string, unknown>>;
  connectTimeoutMs: number | undefined;
  responseTimeoutMs: number | undefined;
  /** First path segments that this route can take; undefined: any. */
  firstSegments: readonly string[] | undefined;
  acceptsHost(host: string): boolean;
  match(request: RouteRequest): Record<string, string> | null;
  filterRequest(draft: RequestDraft): void;
  filterResponse(draft: ResponseDraft): void;
}

export interface RouteContext {
  /** Addresses of `lb://name`. */
  instances: Readonly<Record<string, readonly string[]>>;
}

const known = ['id', 'uri', 'predicates', 'filters', 'order', 'metadata', 'enabled'];

/** Checks a definition and turns it into a route; undefined when it is not enabled. */
export function compileRoute(value: unknown, index: number, context: RouteContext): Route | undefined {
  if (!isObject(value))
    throw new GatewayError(
      'HW_GATEWAY_BAD_ROUTE',
      `route ${index + 1}: must be a map with id, uri, predicates, filters`,
    );
  const definition = value as unknown as RouteDefinition;
  const id = String(definition.id ?? `route-${index + 1}`);
  const where = `route "${id}"`;
  const fail = (reason: string): never => {
    throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where}: ${reason}`);
  };
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) fail(`unknown key "${unknown}": ${known.join(', ')} are known`);
  const { order = 0, metadata = {} } = definition;
  if (!Number.isInteger(order)) fail(`order must be a whole number, not ${JSON.stringify(order)}`);
  if (!isObject(metadata)) fail('metadata must be a map');

  const predicates: Predicate[] = [];
  const predicateTexts: string[] = [];
  for (const each of list(definition.predicates, `${where}: predicates`)) {
    const component = parseComponent(each, where);
    const kind = kindOf(component, predicateKinds, refusedPredicates, 'predicate', where);
    predicates.push(kind.create(new Arguments(component, kind.shape, where)));
    predicateTexts.push(component.text);
  }
  if (predicates.length === 0) fail('has no predicates: give at least one, for all requests "Path=/**"');

  const variables = new Set(predicates.flatMap((predicate) => predicate.names ?? []));
  const filters: Filter[] = [];
  const filterTexts: string[] = [];
  for (const each of list(definition.filters, `${where}: filters`)) {
    const component = parseComponent(each, where);
    const kind = kindOf(component, filterKinds, refusedFilters, 'filter', where);
    filters.push(kind.create(new Arguments(component, kind.shape, where, variables)));
    filterTexts.push(component.text);
  }

  const targets = targetsOf(definition.uri, context, fail);
  const requestFilters = filters.filter((filter) => filter.request !== undefined);
  // After the answer Spring's chain unwinds: the last filter of the list sees it first.
  const responseFilters = filters.filter((filter) => filter.response !== undefined).reverse();
  if (definition.enabled === false) return undefined;
  return {
    id,
    order,
    uri: definition.uri,
    targets,
    predicates: predicateTexts,
    filters: filterTexts,
    metadata,
    connectTimeoutMs: timeout(metadata, 'connect-timeout', fail),
    responseTimeoutMs: timeout(metadata, 'response-timeout', fail),
    firstSegments: predicates.find((predicate) => predicate.firstSegments !== undefined)?.firstSegments,
    acceptsHost: (host) => predicates.some((predicate) => predicate.hosts?.(host) === true),
    match(request) {
      const captured: Record<string, string> = {};
      for (const predicate of predicates) if (!predicate.test(request, captured)) return null;
      return captured;
    },
    filterRequest(draft) {
      for (const filter of requestFilters) filter.request!(draft);
    },
    filterResponse(draft) {
      for (const filter of responseFilters) filter.response!(draft);
    },
  };
}

function list(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where} must be a list`);
  return value;
}

function kindOf<T>(
  component: Component,
  kinds: ReadonlyMap<string, T>,
  refused: ReadonlyMap<string, string>,
  what: string,
  where: string,
): T {
  const kind = kinds.get(component.name);
  if (kind !== undefined) return kind;
  const reason = refused.get(component.name);
  const said =
    reason === undefined
      ? `unknown ${what} "${component.name}"`
      : `the ${what} ${component.name} is not served: ${reason}`;
  throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where}: ${said}. Served ${what}s: ${[...kinds.keys()].join(', ')}`);
}

const schemes: Record<string, string> = { 'http:': 'http:', 'https:': 'https:', 'ws:': 'http:', 'wss:': 'https:' };

function targetsOf(uri: unknown, context: RouteContext, fail: (reason: string) => never): readonly URL[] {
  if (typeof uri !== 'string' || uri === '') return fail('uri is missing');
  if (/^no:\/\//.test(uri)) return [];
  const balanced = /^lb:(?:ws:|wss:)?\/\/([^/:?#]+)\/?$/.exec(uri);
  if (balanced) {
    const name = balanced[1]!;
    const instances = context.instances[name];
    if (instances === undefined || instances.length === 0)
      return fail(
        `uri "${uri}" needs the addresses of "${name}": discovery is not served yet, so list them under instances: { "${name}": ["http://host:port"] }`,
      );
    return instances.map((address) => targetOf(address, fail));
  }
  return [targetOf(uri, fail)];
}

function targetOf(address: string, fail: (reason: string) => never): URL {
  if (!URL.canParse(address)) return fail(`"${address}" is not a URL like http://host:port`);
  const url = new URL(address);
  const scheme = schemes[url.protocol];
  if (scheme === undefined)
    return fail(`the scheme of "${address}" is not served: use http, https, ws, wss, lb or no://op`);
  if (url.username !== '' || url.password !== '')
    return fail('a user or password in uri is not sent: use AddRequestHeader=Authorization, …');
  // Spring uses scheme, host and port only; a path that would be dropped in silence is an error here.
  if (url.pathname !== '/' || url.search !== '')
    return fail(`the path of "${address}" would not be used: write it as PrefixPath=${url.pathname}`);
  return new URL(`${scheme}//${url.host}`);
}

function timeout(
  metadata: Readonly<Record<string, unknown>>,
  key: string,
  fail: (reason: string) => never,
): number | undefined {
  const value = metadata[key];
  if (value === undefined) return undefined;
  const ms = Number(value);
  if (!Number.isInteger(ms) || ms < 1)
    return fail(`metadata ${key} must be milliseconds, not ${JSON.stringify(value)}`);
  return ms;
}
