import { randomUUID } from 'node:crypto';
import { HttpError } from '@headwater/http';
import { RegexBudgetError } from '@headwater/regex';
import { preflightMethod } from '../cors/preflight.ts';
import type { Parts, PartTarget } from '../parts.ts';
import { splitTarget } from '../path-safety.ts';
import type { RequestDraft } from '../routes/filters/filter.ts';
import { RouteRequest } from '../routes/route-request.ts';
import type { RouteTable } from '../routes/route-table.ts';
import type { Call } from '../stages/call.ts';
import type { Guard } from '../stages/policies.ts';
import { streamOf } from './answer-writer.ts';
import { addForwarded } from './forwarded.ts';
import type { Plan } from './plan.ts';
import { endToEndHeaders, hasBody } from './request-headers.ts';

/** A request answered without an upstream: a redirect, or a route to `no://op`. */
export interface Answer {
  status: number;
  headers: string[];
  /** Undefined: none. */
  body: string | undefined;
}

/** What becomes of a request that a route or a part takes. */
export type Decision = { plan: Plan } | { answer: Answer } | { forward: string };

export interface PlannerOptions {
  parts: Parts;
  isTrustedProxy: (address: string) => boolean;
  /** Whether preflights are answered at a path, whatever its route says. */
  isCorsPath(path: string): boolean;
  /** A guard for calls of a part. */
  guardOf(name: string): Guard | undefined;
}

/** Turns requests into plans by the routes and the parts. The route table may be replaced at any time. */
export class Planner {
  table: RouteTable;
  readonly #options: PlannerOptions;
  /** Marks requests that have passed through this gateway, so that a route which leads back to it ends. */
  readonly #via = `headwater-${randomUUID().slice(0, 8)}`;
  readonly #partGuards = new Map<string, readonly Guard[]>();

  constructor(table: RouteTable, options: PlannerOptions) {
    this.table = table;
    this.#options = options;
  }

  /** Reads the request as predicates see it; throws HttpError 400 for a path that must not be forwarded. */
  read(call: Call, target: string): void {
    const { req } = call;
    // What HTTP/1.1's parser has read as another version, which a stream of HTTP/2 has not been.
    if (req.httpVersionMajor !== 1 && streamOf(req) === undefined)
      throw new HttpError(
        505,
        'HW_GATEWAY_VERSION',
        `HTTP/${req.httpVersion} is not served in this form: use HTTP/1.1`,
      );
    const { path, search } = splitTarget(target);
    call.path = path;
    call.request = new RouteRequest(call.method, path, search, req.headers, call.clientAddress);
  }

  /** The same call with another path, for a fallback. */
  readAgain(call: Call, path: string): void {
    const { req, search } = { req: call.req, search: call.request.search };
    call.path = splitTarget(path).path;
    call.request = new RouteRequest(call.method, call.path, search, req.headers, call.clientAddress);
    call.route = undefined;
    call.part = undefined;
  }

  /** Whether a configured route takes the call: then it is in `call.route`. */
  findRoute(call: Call): boolean {
    try {
      const found = this.#findAsked(call) ?? this.table.find(call.request);
      if (found === undefined) return false;
      call.route = found.route;
      call.part = undefined;
      call.variables = found.variables;
      call.name = found.route.name;
      return true;
    } catch (error) {
      throw asHttpError(error);
    }
  }

  /** For a preflight: the route of the request that is asked about, where the gateway answers for it. Others are requests like any. */
  #findAsked({ req, request, clientAddress }: Call): ReturnType<RouteTable['find']> {
    const method = preflightMethod(request.method, req.headers);
    if (method === undefined) return undefined;
    const asked = new RouteRequest(method, request.path, request.search, req.headers, clientAddress);
    const found = this.table.find(asked);
    return found?.route.cors !== undefined || this.#options.isCorsPath(request.path) ? found : undefined;
  }

  /** The part of `/api/KEY/**`; undefined when the path names none. */
  findPart(call: Call): PartTarget | undefined {
    const part = this.#options.parts.find(call.request.path);
    if (part === undefined) return undefined;
    call.route = undefined;
    call.part = part.key;
    call.name = part.name;
    return part;
  }

  planPart(call: Call, part: PartTarget): Plan {
    const headers = endToEndHeaders(call.req);
    call.changeHeaders?.(headers, call);
    // The gateway has refused foreign origins; the part would compare this one with its own address.
    headers.remove('origin');
    headers.remove('sec-fetch-site');
    this.#finish(call, headers, part.path, false);
    return {
      name: part.name,
      picker: part.picker,
      guards: this.#guardsOf(part.name),
      retry: undefined,
      path: part.path + call.request.search,
      headers,
      host: undefined,
      isHttp2: false,
      isSameOrigin: false,
      expectsContinue: expectsContinue(call),
      maxBodyBytes: undefined,
      connectTimeoutMs: undefined,
      responseTimeoutMs: undefined,
      responseBodies: [],
      filterResponse: undefined,
    };
  }

  planRoute(call: Call): Decision {
    const { req, request } = call;
    const route = call.route!;
    const originalHost = req.headers.host ?? '';
    const headers = endToEndHeaders(req);
    call.changeHeaders?.(headers, call);
    const draft: RequestDraft = {
      call,
      method: request.method,
      originalPath: request.path,
      path: request.path,
      search: request.search,
      headers,
      variables: call.variables,
      host: undefined,
      originalHost,
      maxBodyBytes: undefined,
      answer: undefined,
    };
    try {
      route.filterRequest(draft);
    } catch (error) {
      throw asHttpError(error);
    }
    if (draft.answer !== undefined) return { answer: answerOf(call, draft) };
    if (route.forward !== undefined) return { forward: route.forward };
    if (route.picker === undefined) return { answer: answerOf(call, draft) };
    // What filters made of the path is held to the same rules as what callers send.
    const { path, search } = splitTarget(draft.path + draft.search);
    const origin = req.headers.origin;
    // Bodies that filters are to read come as they are.
    if (route.responseBodies.length > 0) draft.headers.remove('accept-encoding');
    this.#finish(call, draft.headers, path, route.isHttp2);
    return {
      plan: {
        name: route.name,
        picker: route.picker,
        guards: route.guards,
        retry: route.retry,
        path: path + search,
        headers: draft.headers,
        host: draft.host,
        isHttp2: route.isHttp2,
        isSameOrigin: origin !== undefined && origin.replace(/^https?:\/\//, '') === originalHost,
        expectsContinue: expectsContinue(call),
        maxBodyBytes: draft.maxBodyBytes,
        connectTimeoutMs: route.connectTimeoutMs,
        responseTimeoutMs: route.responseTimeoutMs,
        responseBodies: route.responseBodies,
        filterResponse: route.filterResponse,
      },
    };
  }

  #guardsOf(name: string): readonly Guard[] {
    let guards = this.#partGuards.get(name);
    if (guards === undefined) {
      const guard = this.#options.guardOf(name);
      guards = guard === undefined ? [] : [guard];
      this.#partGuards.set(name, guards);
    }
    return guards;
  }

  /** The fields that the gateway itself sets. */
  #finish(call: Call, headers: Plan['headers'], path: string, isHttp2: boolean): void {
    const { req } = call;
    const via = req.headers.via;
    if (via?.includes(this.#via))
      throw new HttpError(
        508,
        'HW_GATEWAY_LOOP',
        'the request has passed through this gateway before: a route leads back to the gateway itself',
      );
    const { raw } = headers;
    raw.push('Via', via === undefined ? `1.1 ${this.#via}` : `${via}, 1.1 ${this.#via}`);
    raw.push('X-Correlation-Id', call.correlationId);
    addForwarded(headers, req, {
      isTrusted: this.#options.isTrustedProxy(call.clientAddress),
      originalPath: call.request.path,
      path,
    });
    if (expectsContinue(call)) raw.push('Expect', '100-continue');
    if (isHttp2 && /trailers/i.test(String(req.headers.te ?? ''))) raw.push('TE', 'trailers');
    if (call.isBodyReplaced) {
      headers.set('Content-Length', String(call.body.sizeBytes));
      return;
    }
    const isChunked =
      req.headers['transfer-encoding'] !== undefined ||
      (req.httpVersionMajor === 2 && req.headers['content-length'] === undefined && hasBody(req));
    if (isChunked) raw.push('Transfer-Encoding', 'chunked');
    else if (req.headers['content-length'] === undefined && methodsWithBody.has(call.method))
      raw.push('Content-Length', '0');
  }
}

const methodsWithBody = new Set(['POST', 'PUT', 'PATCH']);

function expectsContinue({ req, isBodyReplaced }: Call): boolean {
  // HTTP/2's server has said it by itself.
  return req.headers.expect?.toLowerCase() === '100-continue' && req.httpVersionMajor === 1 && !isBodyReplaced;
}

/** A pattern of a route that has cost too much is the request's fault. */
function asHttpError(error: unknown): unknown {
  return error instanceof RegexBudgetError
    ? new HttpError(400, 'HW_GATEWAY_PATTERN_COST', error.message, {}, error)
    : error;
}

function answerOf(call: Call, draft: RequestDraft): Answer {
  const answer = { call, status: draft.answer?.status ?? 200, headers: draft.headers };
  answer.headers.raw.length = 0;
  if (draft.answer?.location !== undefined) answer.headers.add('Location', draft.answer.location);
  call.route!.filterResponse?.(answer);
  const body = draft.answer === undefined ? call.route!.answer : undefined;
  if (body !== undefined) answer.headers.set('Content-Type', 'application/json');
  answer.headers.set('Content-Length', String(body === undefined ? 0 : Buffer.byteLength(body)));
  return { status: answer.status, headers: answer.headers.raw, body };
}
