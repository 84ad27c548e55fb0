import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type HttpContext, HttpError } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { EsError, illegalArgument, toEsError } from '../errors.ts';
import { filterResponse } from '../json/filter-path.ts';
import { JsonError } from '../json/json-error.ts';
import { writeJson } from '../json/json-writer.ts';
import { didYouMean } from '../query/dsl.ts';
import type { BodyBudget, BodyShare } from './body-budget.ts';
import { RestRequest } from './rest-request.ts';
import { type RestAnswer, type RestRoute, Router } from './router.ts';

const compress = promisify(gzip);
const compressFromBytes = 1400;

/** Parameters of every API: they shape the answer. */
const commonParams = ['pretty', 'human', 'error_trace', 'filter_path', 'format', 'source', 'source_content_type'];

const jsonType = 'application/json; charset=UTF-8';
const acceptedTypes = [
  'application/json',
  'application/x-ndjson',
  'application/vnd.elasticsearch+json',
  'application/vnd.elasticsearch+x-ndjson',
];

/** Takes requests to their handlers and writes answers and errors in the shape of the imitated system. */
export class Dispatcher {
  readonly #router = new Router();
  readonly #logger: Logger;
  readonly #budget: BodyBudget;

  constructor(routes: readonly RestRoute[], logger: Logger, budget: BodyBudget) {
    this.#budget = budget;
    for (const route of routes) this.#router.add(route);
    this.#logger = logger;
  }

  async handle(ctx: HttpContext): Promise<void> {
    let share: BodyShare | null = null;
    try {
      share = this.#budget.reserve(ctx.req);
      await this.#handle(ctx, share);
    } catch (error) {
      if (!(error instanceof EsError)) throw error;
      await this.#send(ctx, { status: error.status, body: error.toBody() });
    } finally {
      share?.release();
    }
  }

  async #handle(ctx: HttpContext, share: BodyShare): Promise<void> {
    let answer: RestAnswer | null;
    try {
      answer = await this.#answer(ctx, share);
    } catch (thrown) {
      if (ctx.res.destroyed || ctx.res.headersSent) return;
      if (thrown instanceof HttpError) throw thrown;
      if (!(thrown instanceof EsError) && !(thrown instanceof JsonError)) {
        if (ctx.signal.aborted) return;
        this.#logger.error(
          { method: ctx.method, path: ctx.path, error: String((thrown as Error)?.stack ?? thrown) },
          'a request failed',
        );
      }
      const error = toEsError(thrown);
      answer = { status: error.status, body: error.toBody() };
    }
    if (answer !== null) await this.#send(ctx, answer);
  }

  /** Errors of the HTTP server itself: bodies too large, foreign origins. */
  fail(error: HttpError, ctx: HttpContext): void {
    const type = httpErrorTypes[error.status] ?? 'illegal_argument_exception';
    const body = new EsError(error.status, type, error.message).toBody();
    ctx.send(error.status, ctx.method === 'HEAD' ? undefined : writeJson(body), { 'content-type': jsonType });
  }

  async #answer(ctx: HttpContext, share: BodyShare): Promise<RestAnswer | null> {
    const uri = ctx.req.url ?? ctx.path;
    const found = this.#router.find(ctx.method, ctx.path);
    if (found === null) {
      return { status: 400, body: { error: `no handler found for uri [${uri}] and method [${ctx.method}]` } };
    }
    if ('allowed' in found) {
      const allowed = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].filter((method) => found.allowed.includes(method));
      return {
        status: 405,
        headers: { allow: allowed.join(',') },
        body: {
          error: `Incorrect HTTP method for uri [${uri}] and method [${ctx.method}], allowed: [${allowed.join(', ')}]`,
          status: 405,
        },
      };
    }
    const { route, parts } = found;
    const params = new Map(parts);
    const unknown: string[] = [];
    for (const [name, value] of ctx.query) {
      // What the path says goes before what the query says.
      if (!parts.has(name)) params.set(name, value);
      if (!route.params.includes(name) && !commonParams.includes(name)) unknown.push(name);
    }
    if (unknown.length > 0) throw unrecognized(ctx.path, unknown, route.params);
    const refused = checkType(ctx, route);
    if (refused !== null) return refused;
    const format = params.get('format');
    if (format !== undefined && format !== 'json' && format !== 'text') {
      throw illegalArgument(`[format] of [${format}] is not supported: use json, or text with the cat APIs`);
    }
    return await route.handler(new RestRequest(ctx, params, share));
  }

  async #send(ctx: HttpContext, answer: RestAnswer): Promise<void> {
    const { res } = ctx;
    if (res.destroyed || res.headersSent) return;
    const pretty = ctx.query.has('pretty') && ctx.query.get('pretty') !== 'false';
    const headers: Record<string, string> = { ...answer.headers };
    let payload: Buffer;
    if (answer.text !== undefined) {
      headers['content-type'] ??= 'text/plain; charset=UTF-8';
      payload = Buffer.from(answer.text);
    } else {
      const filterPath = ctx.query.get('filter_path');
      const body = filterPath === null ? answer.body : filterResponse(answer.body, filterPath);
      headers['content-type'] ??= answerType(ctx);
      payload = writeJson(body, pretty);
    }
    if (ctx.method === 'HEAD') {
      ctx.send(answer.status, undefined, { ...headers, 'content-length': String(payload.length) });
      return;
    }
    if (payload.length >= compressFromBytes && /\bgzip\b/.test(String(ctx.req.headers['accept-encoding'] ?? ''))) {
      payload = await compress(payload, { level: 3 });
      headers['content-encoding'] = 'gzip';
      headers['vary'] = 'accept-encoding';
    }
    ctx.send(answer.status, payload, headers);
  }
}

const httpErrorTypes: Record<number, string> = {
  403: 'security_exception',
  413: 'content_too_long_exception',
  421: 'security_exception',
  500: 'exception',
};

/** The type that the client asked for when it is one of the vendor's own, with the version it named. */
function answerType(ctx: HttpContext): string {
  const accept = String(ctx.req.headers.accept ?? '');
  const vendor = /application\/vnd\.elasticsearch\+json\s*;\s*compatible-with=(\d+)/.exec(accept);
  return vendor === null ? jsonType : `application/vnd.elasticsearch+json;compatible-with=${vendor[1]}`;
}

function checkType(ctx: HttpContext, route: RestRoute): RestAnswer | null {
  const hasBody =
    Number(ctx.req.headers['content-length'] ?? 0) > 0 || ctx.req.headers['transfer-encoding'] !== undefined;
  if (!hasBody) return null;
  const given = ctx.req.headers['content-type'] ?? '';
  const type = given.split(';')[0]!.trim().toLowerCase();
  if (acceptedTypes.includes(type)) return null;
  if (route.isLenientType && (type === '' || type === 'text/plain')) return null;
  return { status: 406, body: { error: `Content-Type header [${given}] is not supported`, status: 406 } };
}

function unrecognized(path: string, names: readonly string[], known: readonly string[]): EsError {
  const list = names.map((name) => {
    const guess = didYouMean(name, [...known, ...commonParams]).trim();
    return guess === '' ? `[${name}]` : `[${name}] -> ${guess}`;
  });
  const noun = names.length === 1 ? 'parameter' : 'parameters';
  return illegalArgument(`request [${path}] contains unrecognized ${noun}: ${list.join(', ')}`);
}
