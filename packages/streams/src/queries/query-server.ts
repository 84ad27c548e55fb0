import { createHttpServer, type HttpAddress, type HttpContext, HttpError } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { ReadOnlyKeyValueStore } from '../stores/key-value-store.ts';
import type { ReadOnlySessionStore } from '../stores/session-store.ts';
import type { ReadOnlyWindowStore } from '../stores/window-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { QueryOptions } from './local-stores.ts';
import type { StoreView } from './store-views.ts';

export interface QueryServerOptions {
  readonly host: string;
  readonly port: number;
  /** Names under which it is asked, besides loopback ones and IP addresses. */
  readonly allowedHosts: readonly string[];
  readonly logger: Logger;
  names(): readonly string[];
  view(store: string, options: QueryOptions): StoreView<unknown, unknown>;
  kindOf(store: string, topology: string | undefined): 'key-value' | 'window' | 'session';
}

const limitDefault = 1_000;
const limitMax = 100_000;

/**
 * The stores of this instance over HTTP, to be read only. Keys are JSON in the query, values come as JSON:
 * `GET /stores`, `GET /stores/NAME?key="rain"`, `GET /stores/NAME/all?from=&to=&limit=&partition=`, `GET /stores/NAME/count`; of windows
 * `?key=…&from=MS&to=MS`. 404: no such store or row; 503 with HW_STREAMS_STORE_MOVED or HW_STREAMS_STORE_NOT_READY: ask again.
 */
export async function startQueryServer(options: QueryServerOptions): Promise<HttpAddress & { close(): Promise<void> }> {
  const { allowedHosts, host, logger, port } = options;
  const server = createHttpServer({ name: 'streams-queries', host, port, allowedHosts, logger });
  const viewFor = (ctx: HttpContext) => {
    const { store } = ctx.params as { store: string };
    const topology = ctx.query.get('topology') ?? undefined;
    const maxLagRecords = numberOf(ctx, 'maxLagRecords');
    const partition = numberOf(ctx, 'partition');
    const view = options.view(store, {
      ...(topology === undefined ? {} : { topology }),
      ...(maxLagRecords === undefined ? {} : { maxLagRecords }),
      ...(partition === undefined ? {} : { partition }),
    });
    return { view, kind: options.kindOf(store, topology) };
  };
  const route = (path: string, answer: (ctx: HttpContext) => unknown) => {
    server.route('GET', path, (ctx) => {
      try {
        ctx.send(200, JSON.stringify(answer(ctx), replacer), { 'content-type': 'application/json' });
      } catch (error) {
        throw httpErrorOf(error);
      }
    });
  };
  route('/stores', () => ({ stores: options.names() }));
  route('/stores/:store/count', (ctx) => ({ count: viewFor(ctx).view.count }));
  route('/stores/:store', (ctx) => {
    const { kind, view } = viewFor(ctx);
    const key = keyOf(ctx, 'key');
    const from = numberOf(ctx, 'from') ?? 0;
    const to = numberOf(ctx, 'to') ?? Number.MAX_SAFE_INTEGER;
    if (kind === 'window') return [...(view as ReadOnlyWindowStore<unknown, unknown>).fetchRange(key, from, to)];
    if (kind === 'session') return (view as ReadOnlySessionStore<unknown, unknown>).findSessions(key, from, to);
    const entry = (view as ReadOnlyKeyValueStore<unknown, unknown>).getEntry(key);
    if (entry === null) throw new HttpError(404, 'HW_STREAMS_NO_ROW', 'The store has no row with this key');
    return entry;
  });
  route('/stores/:store/all', (ctx) => {
    const { kind, view } = viewFor(ctx);
    const limit = Math.min(limitMax, numberOf(ctx, 'limit') ?? limitDefault);
    const rows: Iterator<unknown> =
      kind === 'key-value'
        ? (view as ReadOnlyKeyValueStore<unknown, unknown>).range(keyOf(ctx, 'from', null), keyOf(ctx, 'to', null))
        : kind === 'window'
          ? (view as ReadOnlyWindowStore<unknown, unknown>).fetchAll(
              numberOf(ctx, 'from') ?? 0,
              numberOf(ctx, 'to') ?? Number.MAX_SAFE_INTEGER,
            )
          : (view as ReadOnlySessionStore<unknown, unknown>).all();
    const taken: unknown[] = [];
    let row = rows.next();
    for (; row.done !== true && taken.length < limit; row = rows.next()) taken.push(row.value);
    return { rows: taken, isCut: row.done !== true };
  });
  const address = await server.listen();
  return { ...address, close: () => server.close() };
}

function keyOf(ctx: HttpContext, name: string, missing?: null): unknown {
  const text = ctx.query.get(name);
  if (text === null) {
    if (missing === null) return null;
    throw new HttpError(400, 'HW_STREAMS_BAD_QUERY', `Give the key as JSON: ?${name}="rain"`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, 'HW_STREAMS_BAD_QUERY', `${name} is not JSON: ${String(error)}; texts are in quotes`);
  }
}

function numberOf(ctx: HttpContext, name: string): number | undefined {
  const text = ctx.query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0) {
    throw new HttpError(400, 'HW_STREAMS_BAD_QUERY', `${name} is not a number: ${text}`);
  }
  return value;
}

function httpErrorOf(error: unknown): unknown {
  if (!(error instanceof StreamsError)) return error;
  const status = error.code === 'HW_STREAMS_NO_STORE' ? 404 : 503;
  return new HttpError(status, error.code, error.message);
}

function replacer(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
