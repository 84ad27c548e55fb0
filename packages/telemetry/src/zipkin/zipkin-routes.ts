import { type HttpContext, HttpError, type HttpServer } from '@headwater/http';
import { traceId } from '../spans/check-span.ts';
import type { Span } from '../spans/span.ts';
import { SpanError } from '../spans/span-error.ts';
import { parseAnnotationQuery, type TraceQuery } from '../traces/trace-query.ts';
import type { TraceStore } from '../traces/trace-store.ts';
import { readJsonSpans, readProtoSpans } from './read-spans.ts';

export interface ZipkinRoutesOptions {
  store: TraceStore;
  /** Keeps them; resolves when they are safe. Rejects with HttpError 503. */
  accept: (spans: Span[]) => Promise<void>;
  /** How far back is looked when a query does not say it, ms. */
  defaultLookbackMs: number;
  /** Tags whose values the search of the page offers. */
  autocompleteKeys: readonly string[];
  now: () => number;
}

const limitMax = 10_000;
const traceManyMax = 200;
/** Zipkin's API, version 2: https://zipkin.io/zipkin-api/ */
export function addZipkinRoutes(server: HttpServer, options: ZipkinRoutesOptions): void {
  const { accept, store } = options;

  server.route('POST', '/api/v2/spans', async (ctx) => {
    const body = await ctx.body();
    const type = ctx.req.headers['content-type'] ?? '';
    // Everything else is taken for JSON, as Zipkin does: curl says that it sends a form.
    const read = type.includes('x-protobuf') ? readProtoSpans : readJsonSpans;
    if (type.includes('x-thrift')) throw wrong('Thrift is not read: send JSON, or application/x-protobuf');
    if (body.length === 0) throw wrong('the body is empty: send a list of spans, or []');
    let spans: Span[];
    try {
      spans = read(body);
    } catch (error) {
      if (error instanceof SpanError) throw wrong(error.message);
      throw error;
    }
    await accept(spans);
    ctx.send(202);
  });
  server.route('POST', '/api/v1/spans', () => {
    throw new HttpError(
      404,
      'HW_TELEMETRY_V1',
      "version 1 of Zipkin's API is not served: send version 2 to /api/v2/spans",
    );
  });

  server.route('GET', '/api/v2/services', (ctx) => ctx.sendJson(200, store.services()));
  server.route('GET', '/api/v2/spans', (ctx) => ctx.sendJson(200, store.spanNames(serviceIn(ctx))));
  server.route('GET', '/api/v2/remoteServices', (ctx) => ctx.sendJson(200, store.remoteServices(serviceIn(ctx))));
  server.route('GET', '/api/v2/autocompleteKeys', (ctx) => ctx.sendJson(200, options.autocompleteKeys));
  server.route('GET', '/api/v2/autocompleteValues', (ctx) => {
    const key = ctx.query.get('key');
    if (key === null) throw wrong('the parameter key is missing');
    ctx.sendJson(200, options.autocompleteKeys.includes(key) ? store.tagValues(key) : []);
  });
  server.route('GET', '/api/v2/traces', (ctx) => ctx.sendJson(200, store.find(queryOf(ctx, options))));
  server.route('GET', '/api/v2/trace/:id', (ctx) => {
    const id = idOf(ctx.params['id']!);
    const spans = store.trace(id);
    if (spans === undefined) throw new HttpError(404, 'HW_TELEMETRY_NO_TRACE', `the trace ${id} is not found`);
    ctx.sendJson(200, spans);
  });
  server.route('GET', '/api/v2/traceMany', (ctx) => {
    const ids = [
      ...new Set(
        (ctx.query.get('traceIds') ?? '')
          .split(',')
          .filter((id) => id !== '')
          .map(idOf),
      ),
    ];
    if (ids.length < 2) throw wrong('traceIds needs two ids or more, separated by commas');
    if (ids.length > traceManyMax) throw wrong(`traceIds takes ${traceManyMax} ids`);
    ctx.sendJson(
      200,
      ids.map((id) => store.trace(id)).filter((spans) => spans !== undefined),
    );
  });
  server.route('GET', '/api/v2/dependencies', (ctx) => {
    const endTs = number(ctx, 'endTs');
    if (endTs === undefined) throw wrong('the parameter endTs is missing');
    ctx.sendJson(200, store.dependencies(endTs, number(ctx, 'lookback') ?? options.defaultLookbackMs));
  });
}

function queryOf(ctx: HttpContext, options: ZipkinRoutesOptions): TraceQuery {
  const text = (name: string): string | undefined => {
    const value = ctx.query.get(name)?.toLowerCase();
    return value === undefined || value === '' || value === 'all' ? undefined : value;
  };
  const [serviceName, remoteServiceName, spanName] = [text('serviceName'), text('remoteServiceName'), text('spanName')];
  const annotations = parseAnnotationQuery(ctx.query.get('annotationQuery') ?? '');
  const [minDuration, maxDuration] = [number(ctx, 'minDuration'), number(ctx, 'maxDuration')];
  if (maxDuration !== undefined && (minDuration === undefined || minDuration === 0))
    throw wrong('maxDuration is only taken with minDuration');
  if (maxDuration !== undefined && minDuration !== undefined && maxDuration < minDuration)
    throw wrong('maxDuration is less than minDuration');
  const limit = number(ctx, 'limit') ?? 10;
  if (limit < 1) throw wrong('limit must be 1 or more');
  return {
    ...(serviceName !== undefined && { serviceName }),
    ...(remoteServiceName !== undefined && { remoteServiceName }),
    ...(spanName !== undefined && { spanName }),
    ...(annotations.size > 0 && { annotations }),
    ...(minDuration !== undefined && { minDuration }),
    ...(maxDuration !== undefined && { maxDuration }),
    endTs: number(ctx, 'endTs') ?? options.now(),
    lookback: number(ctx, 'lookback') ?? options.defaultLookbackMs,
    limit: Math.min(limit, limitMax),
  };
}

function serviceIn(ctx: HttpContext): string {
  const name = ctx.query.get('serviceName');
  if (name === null) throw wrong('the parameter serviceName is missing');
  return name.toLowerCase();
}

function number(ctx: HttpContext, name: string): number | undefined {
  const value = ctx.query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^\d{1,16}$/.test(value))
    throw wrong(`${name} must be a whole number, not ${JSON.stringify(value.slice(0, 40))}`);
  return Number(value);
}

function idOf(text: string): string {
  try {
    return traceId(text, 'trace');
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function wrong(message: string): HttpError {
  return new HttpError(400, 'HW_TELEMETRY_BAD_REQUEST', message);
}
