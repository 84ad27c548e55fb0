import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from '@headwater/http';
import { RegexBudgetError } from '@headwater/regex';
import type { Parts } from '../parts.ts';
import { splitTarget } from '../path-safety.ts';
import type { Route } from '../routes/compile-route.ts';
import type { RequestDraft } from '../routes/filters/filter.ts';
import { RouteRequest } from '../routes/route-request.ts';
import type { RouteTable } from '../routes/route-table.ts';
import { addForwarded, clientAddress } from './forwarded.ts';
import type { Plan } from './plan.ts';
import { endToEndHeaders } from './request-headers.ts';
import type { UpstreamPool } from './upstream.ts';

/** A request answered without an upstream: a redirect, or a route to `no://op`. */
export interface Answer {
  status: number;
  headers: string[];
}

/** What became of a request: forwarded, answered, or neither a route's nor a part's. */
export type Decision = { plan: Plan } | { answer: Answer } | undefined;

export interface PlannerOptions {
  pool: UpstreamPool;
  parts: Parts;
  isTrustedProxy: (address: string) => boolean;
}

/** Turns requests into plans by the routes and the parts. The route table may be replaced at any time. */
export class Planner {
  table: RouteTable;
  readonly #options: PlannerOptions;
  /** Marks requests that have passed through this gateway, so that a route which leads back to it ends. */
  readonly #via = `headwater-${randomUUID().slice(0, 8)}`;
  readonly #turns = new WeakMap<Route, number>();

  constructor(table: RouteTable, options: PlannerOptions) {
    this.table = table;
    this.#options = options;
  }

  /** The request as predicates see it; throws HttpError 400 for a path that must not be forwarded. */
  read(req: IncomingMessage, target: string = req.url ?? '/', method: string = req.method ?? 'GET'): RouteRequest {
    if (req.httpVersionMajor !== 1)
      throw new HttpError(
        505,
        'HW_GATEWAY_VERSION',
        `HTTP/${req.httpVersion} is not served on this port: use HTTP/1.1`,
      );
    const { path, search } = splitTarget(target);
    return new RouteRequest(method, path, search, req.headers, clientAddress(req.socket));
  }

  /** A configured route's decision; undefined when no route takes the request. */
  byRoute(req: IncomingMessage, request: RouteRequest): Decision {
    try {
      const found = this.table.find(request);
      if (found === undefined) return undefined;
      return this.#routePlan(req, request, found.route, found.variables);
    } catch (error) {
      if (error instanceof RegexBudgetError)
        throw new HttpError(400, 'HW_GATEWAY_PATTERN_COST', error.message, {}, error);
      throw error;
    }
  }

  /** The decision for `/api/KEY/**`; undefined when the path names no part. */
  byPart(req: IncomingMessage, request: RouteRequest): Decision {
    const part = this.#options.parts.find(request.path);
    if (part === undefined) return undefined;
    const headers = endToEndHeaders(req);
    // The gateway has refused foreign origins; the part would compare this one with its own address.
    headers.remove('origin');
    headers.remove('sec-fetch-site');
    const upstream = this.#options.pool.get(part.url);
    this.#finish(req, headers, upstream.host, request.path, part.path);
    return {
      plan: {
        name: `part "${part.key}"`,
        upstream,
        path: part.path + request.search,
        headers,
        correlationId: correlationId(req),
        expectsContinue: expectsContinue(req),
        maxBodyBytes: undefined,
        connectTimeoutMs: undefined,
        responseTimeoutMs: undefined,
        filterResponse: undefined,
      },
    };
  }

  #routePlan(req: IncomingMessage, request: RouteRequest, route: Route, variables: Record<string, string>): Decision {
    const draft: RequestDraft = {
      method: request.method,
      originalPath: request.path,
      path: request.path,
      search: request.search,
      headers: endToEndHeaders(req),
      variables,
      host: undefined,
      originalHost: req.headers.host ?? '',
      maxBodyBytes: undefined,
      answer: undefined,
    };
    route.filterRequest(draft);
    if (draft.answer !== undefined || route.targets.length === 0) return { answer: answerOf(route, draft) };
    // What filters made of the path is held to the same rules as what callers send.
    const { path, search } = splitTarget(draft.path + draft.search);
    const turn = this.#turns.get(route) ?? 0;
    this.#turns.set(route, (turn + 1) % route.targets.length);
    const upstream = this.#options.pool.get(route.targets[turn % route.targets.length]!);
    // Same-origin for the caller's browser stays same-origin for the service.
    const host = draft.host ?? upstream.host;
    const origin = req.headers.origin;
    if (origin !== undefined && origin.replace(/^https?:\/\//, '') === draft.originalHost)
      draft.headers.set('origin', `${upstream.isSecure ? 'https' : 'http'}://${host}`);
    this.#finish(req, draft.headers, host, request.path, path);
    return {
      plan: {
        name: `route "${route.id}"`,
        upstream,
        path: path + search,
        headers: draft.headers,
        correlationId: correlationId(req),
        expectsContinue: expectsContinue(req),
        maxBodyBytes: draft.maxBodyBytes,
        connectTimeoutMs: route.connectTimeoutMs,
        responseTimeoutMs: route.responseTimeoutMs,
        filterResponse: (answer) => route.filterResponse(answer),
      },
    };
  }

  /** The fields that the gateway itself sets. */
  #finish(req: IncomingMessage, headers: Plan['headers'], host: string, originalPath: string, path: string): void {
    const via = req.headers.via;
    if (via?.includes(this.#via))
      throw new HttpError(
        508,
        'HW_GATEWAY_LOOP',
        'the request has passed through this gateway before: a route leads back to the gateway itself',
      );
    const { raw } = headers;
    raw.push('Host', host, 'Via', via === undefined ? `1.1 ${this.#via}` : `${via}, 1.1 ${this.#via}`);
    raw.push('X-Correlation-Id', correlationId(req));
    addForwarded(headers, req, {
      isTrusted: this.#options.isTrustedProxy(clientAddress(req.socket)),
      originalPath,
      path,
    });
    if (expectsContinue(req)) raw.push('Expect', '100-continue');
    if (req.headers['transfer-encoding'] !== undefined) raw.push('Transfer-Encoding', 'chunked');
    else if (req.headers['content-length'] === undefined && methodsWithBody.has(req.method ?? ''))
      raw.push('Content-Length', '0');
  }
}

const methodsWithBody = new Set(['POST', 'PUT', 'PATCH']);
const correlationIds = new WeakMap<IncomingMessage, string>();

/** The caller's correlation id when it is one, otherwise a new one; the same for the life of a request. */
export function correlationId(req: IncomingMessage): string {
  let id = correlationIds.get(req);
  if (id === undefined) {
    const given = req.headers['x-correlation-id'];
    id = typeof given === 'string' && /^[\w.:@/+=-]{1,128}$/.test(given) ? given : randomUUID();
    correlationIds.set(req, id);
  }
  return id;
}

function expectsContinue(req: IncomingMessage): boolean {
  return req.headers.expect?.toLowerCase() === '100-continue';
}

function answerOf(route: Route, draft: RequestDraft): Answer {
  const answer = { status: draft.answer?.status ?? 200, headers: draft.headers };
  answer.headers.raw.length = 0;
  if (draft.answer?.location !== undefined) answer.headers.add('Location', draft.answer.location);
  route.filterResponse(answer);
  answer.headers.set('Content-Length', '0');
  return { status: answer.status, headers: answer.headers.raw };
}
