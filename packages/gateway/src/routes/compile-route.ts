import { CorsRules } from '../cors/cors-configuration.ts';
import { corsStage } from '../cors/cors-stage.ts';
import { GatewayError } from '../errors.ts';
import type { Guard, Instance, InstancePicker, RetryPolicy } from '../stages/policies.ts';
import { inOrder, type Stage } from '../stages/stage.ts';
import { Arguments } from './arguments.ts';
import { type Component, isObject, parseComponent, type RouteDefinition } from './definition.ts';
import type { Filter, FilterKind, RequestDraft, ResponseBodyFilter, ResponseDraft } from './filters/filter.ts';
import { filterKinds, refusedFilters } from './filters/index.ts';
import { predicateKinds, refusedPredicates } from './predicates/index.ts';
import type { Predicate, PredicateKind } from './predicates/predicate.ts';
import { RoundRobin } from './round-robin.ts';
import type { RouteRequest } from './route-request.ts';
import type { WeightGroups } from './weight-groups.ts';

/** A route ready to be matched. */
export interface Route {
  id: string;
  /** `route "id"`: for messages and counts. */
  name: string;
  order: number;
  /** As configured. */
  uri: string;
  /** Chooses the instance of each attempt; undefined for `no://op` and `forward:/path`. */
  picker: InstancePicker | undefined;
  /** `forward:/path`: the path that is asked of the routes instead. */
  forward: string | undefined;
  /** The gateway's and the route's, in their order. */
  stages: readonly Stage[];
  guards: readonly Guard[];
  retry: RetryPolicy | undefined;
  /** Metadata `http2: true`: by TLS for https, by prior knowledge for http. */
  isHttp2: boolean;
  predicates: readonly string[];
  filters: readonly string[];
  metadata: Readonly<Record<string, unknown>>;
  /** What a route to `no://op` answers, as JSON. */
  answer: string | undefined;
  connectTimeoutMs: number | undefined;
  responseTimeoutMs: number | undefined;
  /** First path segments that this route can take; undefined: any. */
  firstSegments: readonly string[] | undefined;
  acceptsHost(host: string): boolean;
  match(request: RouteRequest): Record<string, string> | null;
  filterRequest(draft: RequestDraft): void;
  /** Metadata `cors`. */
  cors: CorsRules | undefined;
  /** In the order in which they see an answer's body. */
  responseBodies: readonly ResponseBodyFilter[];
  /** Undefined when no filter looks at answers. */
  filterResponse: ((draft: ResponseDraft) => void) | undefined;
}

export interface RouteContext {
  /** Addresses of `lb://name`. */
  instances: Readonly<Record<string, readonly string[]>>;
  /** Of the table that the routes are for. */
  weights: WeightGroups;
  /** Kinds that modules bring; those of the core are known. */
  filters?: ReadonlyMap<string, FilterKind>;
  predicates?: ReadonlyMap<string, PredicateKind>;
  /** Stages of the whole gateway. */
  stages?: readonly Stage[];
  pickerOf?(
    service: string,
    metadata: Readonly<Record<string, unknown>>,
    listed: readonly Instance[],
  ): InstancePicker | undefined;
  /** A guard for a route whose filters give none. */
  guardOf?(name: string): Guard | undefined;
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
    const kind =
      context.predicates?.get(component.name) ??
      kindOf(component, predicateKinds, refusedPredicates, 'predicate', where, context.predicates);
    predicates.push(kind.create(new Arguments(component, kind.shape, where), { id, weights: context.weights }));
    predicateTexts.push(component.text);
  }
  if (predicates.length === 0) fail('has no predicates: give at least one, for all requests "Path=/**"');

  const variables = new Set(predicates.flatMap((predicate) => predicate.names ?? []));
  const filters: Filter[] = [];
  const filterTexts: string[] = [];
  for (const each of list(definition.filters, `${where}: filters`)) {
    const component = parseComponent(each, where);
    const kind =
      context.filters?.get(component.name) ??
      kindOf(component, filterKinds, refusedFilters, 'filter', where, context.filters);
    filters.push(kind.create(new Arguments(component, kind.shape, where, variables), { id, metadata }));
    filterTexts.push(component.text);
  }

  const target = targetOf(definition.uri, metadata, context, fail);
  if (metadata['answer'] !== undefined && !/^no:\/\//.test(definition.uri))
    fail('metadata answer is what a route to no://op answers: others answer what their upstream does');
  const guards = filters.flatMap((filter) => filter.guard ?? []);
  const guard = guards.length === 0 ? context.guardOf?.(where) : undefined;
  if (guard !== undefined) guards.push(guard);
  const retries = filters.flatMap((filter) => filter.retry ?? []);
  if (retries.length > 1) fail('has more than one filter that retries');
  const cors = metadata['cors'] === undefined ? undefined : new CorsRules(metadata['cors'], where);
  const requestFilters = filters.filter((filter) => filter.request !== undefined);
  // After the answer Spring's chain unwinds: the last filter of the list sees it first.
  const responseFilters = filters.filter((filter) => filter.response !== undefined).reverse();
  if (definition.enabled === false) return undefined;
  for (const { weight } of predicates) if (weight) context.weights.add(weight.group, id, weight.weight);
  return {
    id,
    name: where,
    order,
    uri: definition.uri,
    ...target,
    cors,
    stages: inOrder([
      ...(context.stages ?? []),
      ...(cors === undefined ? [] : [corsStage(() => cors)]),
      ...filters.flatMap((filter) => filter.stage ?? []),
    ]),
    guards,
    retry: retries[0] ?? target.picker?.retry,
    isHttp2: flag(metadata, 'http2', fail),
    predicates: predicateTexts,
    filters: filterTexts,
    metadata,
    answer: metadata['answer'] === undefined ? undefined : JSON.stringify(metadata['answer']),
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
    responseBodies: filters.flatMap((filter) => filter.responseBody ?? []).reverse(),
    filterResponse:
      responseFilters.length === 0
        ? undefined
        : (draft) => {
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
  more: ReadonlyMap<string, T> | undefined,
): T {
  const kind = kinds.get(component.name);
  if (kind !== undefined) return kind;
  const reason = refused.get(component.name);
  const said =
    reason === undefined
      ? `unknown ${what} "${component.name}"`
      : `the ${what} ${component.name} is not served: ${reason}`;
  throw new GatewayError(
    'HW_GATEWAY_BAD_ROUTE',
    `${where}: ${said}. Served ${what}s: ${[...kinds.keys(), ...(more?.keys() ?? [])].sort().join(', ')}`,
  );
}

const schemes: Record<string, string> = { 'http:': 'http:', 'https:': 'https:', 'ws:': 'http:', 'wss:': 'https:' };

/** Where calls go: by a picker, back into the routes, or nowhere. */
function targetOf(
  uri: unknown,
  metadata: Readonly<Record<string, unknown>>,
  context: RouteContext,
  fail: (reason: string) => never,
): Pick<Route, 'picker' | 'forward'> {
  if (typeof uri !== 'string' || uri === '') return fail('uri is missing');
  if (/^no:\/\//.test(uri)) return { picker: undefined, forward: undefined };
  if (uri.startsWith('forward:')) {
    const path = uri.slice('forward:'.length);
    if (!/^\/[^?#]*$/.test(path)) fail(`"${uri}" is not a path like forward:/fallback`);
    return { picker: undefined, forward: path };
  }
  const balanced = /^lb:(?:ws:|wss:)?\/\/([^/:?#]+)\/?$/.exec(uri);
  if (!balanced) return { picker: new RoundRobin([instanceOf(uri, fail)]), forward: undefined };
  const name = balanced[1]!;
  const listed = (context.instances[name] ?? []).map((address) => ({ ...instanceOf(address, fail), service: name }));
  const picker = context.pickerOf?.(name, metadata, listed);
  if (picker !== undefined) return { picker, forward: undefined };
  if (listed.length === 0)
    return fail(
      `uri "${uri}" needs the addresses of "${name}": no discovery knows it, so list them under instances: { "${name}": ["http://host:port"] }`,
    );
  return { picker: new RoundRobin(listed), forward: undefined };
}

function instanceOf(address: string, fail: (reason: string) => never): Instance {
  if (!URL.canParse(address)) return fail(`"${address}" is not a URL like http://host:port`);
  const url = new URL(address);
  const scheme = schemes[url.protocol];
  if (scheme === undefined)
    return fail(`the scheme of "${address}" is not served: use http, https, ws, wss, lb, forward or no://op`);
  if (url.username !== '' || url.password !== '')
    return fail('a user or password in uri is not sent: use AddRequestHeader=Authorization, …');
  // Spring uses scheme, host and port only; a path that would be dropped in silence is an error here.
  if (url.pathname !== '/' || url.search !== '')
    return fail(`the path of "${address}" would not be used: write it as PrefixPath=${url.pathname}`);
  return { origin: new URL(`${scheme}//${url.host}`).origin };
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

function flag(metadata: Readonly<Record<string, unknown>>, key: string, fail: (reason: string) => never): boolean {
  const value = metadata[key] ?? false;
  if (value !== true && value !== false && value !== 'true' && value !== 'false')
    return fail(`metadata ${key} must be true or false, not ${JSON.stringify(value)}`);
  return String(value) === 'true';
}
