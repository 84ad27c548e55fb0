import type { Principal } from '@headwater/auth';
import { errorBody, type HttpContext, HttpError, type HttpServer } from '@headwater/http';
import { CallError } from '../calls/call-error.ts';
import { unanswered } from '../calls/unanswered.ts';
import {
  acceptedCorrelationId,
  correlationHeader,
  type RequestScope,
  requestScopes,
} from '../observe/request-scope.ts';
import type { LoggerSet } from '../observe/service-logger.ts';
import type { ServiceMetrics } from '../observe/service-metrics.ts';
import { parseTraceParent } from '../observe/trace-context.ts';
import type { Tracer } from '../observe/tracer.ts';
import type { RouteAuth } from './route-auth.ts';
import { Reply, type RouteContext, type RouteDefinition } from './route-definition.ts';
import { compileSchema, type Misfit, type Validator } from './validator.ts';
import { type AskedVersion, chooseVersion, deprecationHeaders, plain } from './versions.ts';

export interface RouteServerOptions {
  auth: RouteAuth;
  metrics: ServiceMetrics;
  loggers: LoggerSet;
  tracer: () => Tracer;
  name: string;
  /** The version of a path that is served when none is asked for. Default: the first that was given. */
  defaultVersion?: string | undefined;
}

interface CompiledRoute {
  definition: RouteDefinition;
  /** The path as it was given: what metrics and traces are by. */
  template: string;
  params: Validator | undefined;
  query: Validator | undefined;
  body: Validator | undefined;
  headers: Record<string, string>;
}

/** Marks a request that a route has taken, and will count. A property, as a WeakMap of all requests costs the collector dearly. */
const isTaken = Symbol('taken by a route');

/** Puts routes on a server: trace, ids, metrics, who may call, versions, checked input, JSON out. */
export class RouteServer {
  readonly definitions: RouteDefinition[] = [];
  readonly #server: HttpServer;
  readonly #options: RouteServerOptions;
  readonly #paths = new Map<string, Map<string, CompiledRoute>>();
  #lastRequestMs = 0;
  #active = 0;

  constructor(server: HttpServer, options: RouteServerOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** When a request last came, `performance.now()`. */
  get lastRequestMs(): number {
    return this.#lastRequestMs;
  }

  get activeRequests(): number {
    return this.#active;
  }

  add(definition: RouteDefinition): void {
    const { method, options, path } = definition;
    this.definitions.push(definition);
    const route: CompiledRoute = {
      definition,
      template: path,
      params: options.params && compileSchema(options.params, true),
      query: options.query && compileSchema(options.query, true),
      body: options.body && compileSchema(options.body),
      headers: deprecationHeaders(options.deprecated),
    };
    const limit = options.maxBodyBytes === undefined ? undefined : { maxBodyBytes: options.maxBodyBytes };
    if (options.version === undefined) {
      this.#server.route(method, path, (ctx) => this.#handle(ctx, route, undefined), limit);
      return;
    }
    const version = plain(options.version);
    const key = `${method} ${path}`;
    let versions = this.#paths.get(key);
    if (versions === undefined) {
      const all = new Map<string, CompiledRoute>();
      this.#paths.set(key, (versions = all));
      this.#server.route(
        method,
        path,
        (ctx) => {
          const { defaultVersion = '' } = this.#options;
          const fallback = all.has(defaultVersion) ? defaultVersion : all.keys().next().value!;
          const { asked, chosen } = chooseVersion(ctx.req, all, fallback);
          ctx.res.setHeader('vary', 'accept, x-api-version, api-version');
          return this.#handle(ctx, chosen, asked);
        },
        limit,
      );
    }
    versions.set(version, route);
    const versioned = { ...route, template: `/v${version}${path}` };
    this.#server.route(method, versioned.template, (ctx) => this.#handle(ctx, versioned, undefined), limit);
  }

  /** Answers an error that no handler of the service's own wants to write. */
  onError(error: HttpError, ctx: HttpContext): void {
    this.measureError(error, ctx);
    ctx.sendJson(error.status, errorBody(error));
  }

  /** Counts an error that came before any route (an unknown path, a refused host). */
  measureError(error: HttpError, ctx: HttpContext): void {
    if ((ctx as { [isTaken]?: true })[isTaken]) return;
    this.#lastRequestMs = performance.now();
    this.#options.metrics.request(ctx.method, 'UNKNOWN', error.status, 0);
  }

  async #handle(ctx: HttpContext, route: CompiledRoute, asked: AskedVersion | undefined): Promise<void> {
    const { metrics, name, tracer } = this.#options;
    const startMs = performance.now();
    this.#lastRequestMs = startMs;
    this.#active += 1;
    (ctx as { [isTaken]?: true })[isTaken] = true;
    const { req, res } = ctx;
    const parent = parseTraceParent(
      req.headers['traceparent'] as string | undefined,
      req.headers['tracestate'] as string | undefined,
    );
    const span = tracer().start(`${ctx.method} ${route.template}`, { kind: 'server', parent });
    if (span.isRecording) {
      span.setAttributes({
        'http.request.method': ctx.method,
        'http.route': route.template,
        'url.path': ctx.path,
        'url.scheme': 'http',
      });
    }
    const given = req.headers[correlationHeader];
    const { authorization } = req.headers;
    const scope: RequestScope = {
      span,
      correlationId: acceptedCorrelationId(typeof given === 'string' ? given : undefined) ?? span.context.traceId,
      token: authorization?.startsWith('Bearer ') ? authorization.slice(7) : undefined,
      principal: undefined,
    };
    res.setHeader(correlationHeader, scope.correlationId);
    res.once('close', () => {
      this.#active -= 1;
      // A caller that went away before the answer was there: 499, as proxies write it.
      const status = res.writableEnded ? res.statusCode : 499;
      metrics.request(ctx.method, route.template, status, (performance.now() - startMs) / 1_000);
      if (span.isRecording) {
        span.setAttributes({
          'http.response.status_code': status,
          'headwater.correlation_id': scope.correlationId,
          'headwater.service': name,
        });
        if (status >= 500) span.fail(`status ${status}`);
      }
      span.end();
    });
    await requestScopes.run(scope, async () => {
      try {
        await this.#answer(ctx, route, asked, scope);
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        const { method, path } = ctx;
        this.#options.loggers.logger(name).error({ method, path, error: String(error.stack) }, 'request failed');
        throw unanswered(error, name);
      }
    });
  }

  async #answer(
    ctx: HttpContext,
    route: CompiledRoute,
    asked: AskedVersion | undefined,
    scope: RequestScope,
  ): Promise<void> {
    const { options, handler } = route.definition;
    const { auth, loggers, name } = this.#options;
    const pending = auth.check(ctx.req.headers.authorization, options);
    const principal: Principal | undefined = await pending;
    scope.principal = principal;
    for (const [header, value] of Object.entries(route.headers)) ctx.res.setHeader(header, value);
    const misfits: { in: string; pointer: string; message: string }[] = [];
    const params = check('path', route.params, ctx.params, misfits);
    const query = route.query ? check('query', route.query, queryObject(ctx.query), misfits) : ctx.query;
    let body: unknown;
    if (route.body) body = check('body', route.body, await ctx.json(), misfits);
    if (misfits.length > 0) {
      const first = misfits[0]!;
      const message = `${first.in}${first.pointer} ${first.message}${misfits.length > 1 ? `, and ${misfits.length - 1} more` : ''}`;
      throw new HttpError(400, 'HW_SERVICE_INVALID', message, { errors: misfits });
    }
    const context: RouteContext = {
      params: params as Record<string, string>,
      query: query as URLSearchParams,
      body,
      principal,
      version: options.version === undefined ? undefined : plain(options.version),
      correlationId: scope.correlationId,
      log: loggers.logger(name),
      get signal() {
        return ctx.signal;
      },
      http: ctx,
    };
    send(ctx, await handler(context), options.produces ?? asked?.mediaType, options.status);
  }
}

function check(
  where: string,
  validate: Validator | undefined,
  value: unknown,
  misfits: { in: string; pointer: string; message: string }[],
): unknown {
  if (validate === undefined) return value;
  const own: Misfit[] = [];
  const result = validate(value, '', own);
  for (const misfit of own) misfits.push({ in: where, ...misfit });
  return result;
}

function queryObject(query: URLSearchParams): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    result[name] = values.length === 1 ? values[0]! : values;
  }
  return result;
}

function send(ctx: HttpContext, result: unknown, mediaType: string | undefined, status?: number): void {
  if (ctx.res.headersSent || ctx.res.writableEnded) return;
  const { body, headers, ...other } =
    result instanceof Reply
      ? result
      : { status: status ?? (result === undefined ? 204 : 200), body: result, headers: {} };
  if (body === undefined) ctx.send(other.status, undefined, headers);
  else if (typeof body === 'string' || Buffer.isBuffer(body)) {
    const plainType = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
    ctx.send(other.status, body, { 'content-type': mediaType ?? plainType, ...headers });
  } else ctx.sendJson(other.status, body, { ...(mediaType && { 'content-type': mediaType }), ...headers });
}
