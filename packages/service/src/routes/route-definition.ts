import type { Principal } from '@headwater/auth';
import type { HttpContext } from '@headwater/http';
import type { ServiceLogger } from '../observe/service-logger.ts';
import type { JsonSchema, ValueOf } from './json-schema.ts';

/** Names of the parameters in a path: `/orders/:id/items/:item`. */
type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type ParamsOf<Path extends string, S> = S extends JsonSchema ? ValueOf<S> : { readonly [N in NamesIn<Path>]: string };

/** What a route takes, gives, and asks of its callers. All of it stands in the OpenAPI document. */
export interface RouteOptions {
  summary?: string;
  description?: string;
  /** Default: the handler's method and path. */
  operationId?: string;
  tags?: readonly string[];
  /** An object schema of the path's parameters. Default: text. */
  params?: JsonSchema;
  /** An object schema of the query; values are read as its types say. */
  query?: JsonSchema;
  /** Of the JSON body. */
  body?: JsonSchema;
  /** Of the answer: for the documentation. */
  response?: JsonSchema;
  /** Status of the answer. Default 200, or 204 for undefined. */
  status?: number;
  /** Statuses of answers that are errors, each with when it comes, or with a schema of its own: for the documentation. */
  errors?: Readonly<Record<number, string | { description: string; schema: JsonSchema }>>;
  /** Further media types that are answered to who accepts them: for the documentation. */
  alsoProduces?: readonly string[];
  /** Media type of the answer. Default: JSON, or that of the version that was asked for. */
  produces?: string;
  /** Serves this version of the path; others may serve the same path. */
  version?: string | number;
  /** Its answers say so (RFC 9745, RFC 8594). */
  deprecated?: boolean | { since?: Date; sunset?: Date; link?: string };
  /** Who may call: anyone of them by role, and with all scopes. Default: anyone. */
  roles?: readonly string[];
  scopes?: readonly string[];
  /** Whether a token is asked for also without roles or scopes. Default: only where `HEADWATER_SECURE` is true; false is for everybody. */
  isAuthenticated?: boolean;
  maxBodyBytes?: number;
  /** Left out of the OpenAPI document. */
  isHidden?: boolean;
}

/** A request as a route's handler gets it. */
export interface RouteContext<Params = Record<string, string>, Query = URLSearchParams, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Who calls; undefined when nobody was asked. */
  readonly principal: Principal | undefined;
  readonly version: string | undefined;
  readonly correlationId: string;
  readonly log: ServiceLogger;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
  /** The request and answer themselves: streams, headers, server-sent events. */
  readonly http: HttpContext;
}

export type RouteHandler<Path extends string, O extends RouteOptions> = (
  context: RouteContext<
    ParamsOf<Path, O['params']>,
    O['query'] extends JsonSchema ? ValueOf<O['query']> : URLSearchParams,
    O['body'] extends JsonSchema ? ValueOf<O['body']> : unknown
  >,
) => unknown;

/** An answer with a status or headers of its own. */
export class Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>>) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/**
 * An answer with a status or headers of its own; what a handler returns otherwise is sent as JSON with 200.
 *
 * @example
 * service.route('POST /orders', {}, () => reply(201, { id: 7 }, { location: '/orders/7' }));
 */
export function reply(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return new Reply(status, body, headers);
}

/** A route as it was given. */
export interface RouteDefinition {
  method: string;
  path: string;
  options: RouteOptions;
  handler: (context: RouteContext) => unknown;
}

/** `GET /orders/:id`. */
export function splitRoute(route: string): { method: string; path: string } {
  const [, method, path] = /^([A-Za-z]+) +(\/\S*)$/.exec(route) ?? [];
  if (method === undefined)
    throw new TypeError(`"${route}" is no route: write a method and a path, such as "GET /orders/:id"`);
  return { method: method.toUpperCase(), path: path! };
}
