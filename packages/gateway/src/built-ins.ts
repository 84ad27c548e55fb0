import { type HttpContext, HttpError } from '@headwater/http';
import type { LiveMultiplexer } from './live/multiplexer.ts';
import type { SubStreamSource } from './live/sub-stream.ts';
import type { Parts } from './parts.ts';
import type { Planner } from './proxy/planner.ts';
import type { Call } from './stages/call.ts';
import type { Endpoint } from './stages/module.ts';
import type { ConsolePages } from './static/console.ts';
import type { Traffic } from './traffic.ts';

export interface BuiltInsOptions {
  parts: Parts;
  planner: Planner;
  traffic: Traffic;
  live: LiveMultiplexer;
  pages: ConsolePages | undefined;
  /** Of the modules. */
  endpoints: readonly Endpoint[];
}

/** What the gateway serves itself: the console, the lists of parts and routes, live pages, and the endpoints of its modules. */
export class BuiltIns {
  readonly #options: BuiltInsOptions;
  readonly #exact = new Map<string, Endpoint>();
  readonly #below: readonly Endpoint[];
  /** Makes the requests of a live page. */
  liveSource!: (call: Call, target: string) => ReturnType<SubStreamSource>;

  constructor(options: BuiltInsOptions) {
    this.#options = options;
    this.#below = options.endpoints.filter((endpoint) => endpoint.path.endsWith('/'));
    for (const endpoint of options.endpoints) this.#exact.set(endpoint.path.replace(/\/$/, ''), endpoint);
  }

  /** Paths below `/api/` and of modules that no part gets. */
  takes(path: string): boolean {
    return path === '/api/live' || path.startsWith('/api/gateway/') || this.#endpoint(path) !== undefined;
  }

  /** The events of an endpoint for a live page. */
  streamOf(path: string): Endpoint['stream'] {
    return this.#endpoint(path)?.stream;
  }

  isPublic(path: string): boolean {
    return this.#exact.size > 0 && this.#endpoint(path)?.isPublic === true;
  }

  /** Undefined when nothing here has this path. */
  serve(call: Call, ctx: HttpContext): Promise<unknown> | undefined {
    const { path } = call;
    const { res } = ctx;
    const endpoint = this.#endpoint(path);
    const isPage = path === '/ui' || path.startsWith('/ui/');
    const isKnown = isPage || endpoint !== undefined || ownPaths.has(path);
    if (!isKnown) return undefined;
    const methods = endpoint?.methods ?? (isPage ? [] : ['GET']);
    const method = call.method === 'HEAD' ? 'GET' : call.method;
    if (methods.length > 0 && !methods.includes(method)) {
      const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
      res.setHeader('allow', allowed.join(', '));
      throw new HttpError(
        405,
        'HW_GATEWAY_METHOD',
        `${call.method} is not served on ${path}: use ${methods.join(', ')}`,
      );
    }
    if (isPage) return this.#page(ctx, path);
    res.setHeader('x-correlation-id', call.correlationId);
    const { answerHeaders = [] } = call;
    for (let i = 0; i < answerHeaders.length; i += 2) res.appendHeader(answerHeaders[i]!, answerHeaders[i + 1]!);
    if (endpoint !== undefined) return Promise.resolve(endpoint.serve(ctx, call));
    return this.#own(call, ctx);
  }

  notFound(path: string): HttpError {
    if (path.startsWith('/api/')) {
      const key = path.split('/')[2]!;
      const { keys } = this.#options.parts;
      return new HttpError(
        404,
        'HW_GATEWAY_NO_PART',
        `nothing is served at ${path}: no part has the key "${key}" (there are: ${keys.join(', ') || 'none'})`,
      );
    }
    return new HttpError(
      404,
      'HW_GATEWAY_NOT_FOUND',
      `nothing is served at ${path}: no route takes it; /api lists the parts, /api/gateway/routes the routes`,
    );
  }

  #endpoint(path: string): Endpoint | undefined {
    if (this.#exact.size === 0) return undefined;
    return this.#exact.get(path) ?? this.#below.find((endpoint) => path.startsWith(endpoint.path));
  }

  #own(call: Call, ctx: HttpContext): Promise<unknown> {
    const { pages, live } = this.#options;
    if (call.path === '/')
      return Promise.resolve(ctx.send(302, undefined, { location: pages === undefined ? '/api' : '/ui/' }));
    if (call.path === '/api/live') return live.serve(ctx, (target) => this.liveSource(call, target));
    if (call.path === '/api/gateway/routes') return Promise.resolve(ctx.sendJson(200, { routes: this.#listRoutes() }));
    return this.#listParts(ctx);
  }

  async #page(ctx: HttpContext, path: string): Promise<void> {
    const { pages } = this.#options;
    if (pages === undefined)
      throw new HttpError(404, 'HW_GATEWAY_NOT_FOUND', 'this gateway was started without the console (consoleDir)');
    if (path === '/ui') return void ctx.send(302, undefined, { location: '/ui/' });
    if (!(await pages.serve(ctx, path)))
      throw new HttpError(404, 'HW_GATEWAY_NOT_FOUND', `the console has no file ${path}`);
  }

  async #listParts(ctx: HttpContext): Promise<void> {
    const { parts, traffic, live } = this.#options;
    const states = await parts.states();
    ctx.sendJson(200, {
      parts: states.map((state) => ({ ...state, ...traffic.of(`part "${state.key}"`) })),
      liveClients: live.clients,
    });
  }

  #listRoutes(): unknown[] {
    const { planner, traffic } = this.#options;
    return planner.table.routes.map(({ id, name, order, uri, picker, predicates, filters, metadata }) => ({
      id,
      order,
      uri,
      targets: [...(picker?.origins() ?? [])],
      predicates,
      filters,
      metadata,
      ...traffic.of(name),
    }));
  }
}

const ownPaths = new Set(['/', '/api', '/api/', '/api/live', '/api/gateway/routes']);
