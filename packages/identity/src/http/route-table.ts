import { type Handler, type HttpContext, HttpError } from '@headwater/http';

/** Where endpoints put themselves. */
export interface Routes {
  /** `path` may have names: `/a/:id`; one stands for one part of the path. */
  route(method: string | readonly string[], path: string, handler: Handler, options?: { maxBodyBytes?: number }): void;
}

interface Route {
  parts: string[];
  methods: readonly string[];
  handler: Handler;
  maxBodyBytes: number | undefined;
}

/** The routes of what is loaded with the first request. They are few, and each request is worth a signature: a list does. */
export class RouteTable implements Routes {
  readonly #routes: Route[] = [];

  route(method: string | readonly string[], path: string, handler: Handler, options?: { maxBodyBytes?: number }): void {
    this.#routes.push({
      parts: path.split('/'),
      methods: [method].flat(),
      handler,
      maxBodyBytes: options?.maxBodyBytes,
    });
  }

  /** @throws HttpError 404, 405 */
  async serve(ctx: HttpContext): Promise<void> {
    const parts = ctx.path.replace(/(?<=.)\/$/, '').split('/');
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    const allowed = new Set<string>();
    for (const route of this.#routes) {
      const params = match(route.parts, parts);
      if (!params) continue;
      if (!route.methods.includes(method)) {
        for (const name of route.methods) allowed.add(name);
        continue;
      }
      ctx.params = params;
      if (route.maxBodyBytes !== undefined) ctx.maxBodyBytes = route.maxBodyBytes;
      await route.handler(ctx);
      return;
    }
    if (allowed.size === 0)
      throw new HttpError(404, 'HW_HTTP_NOT_FOUND', `nothing is served at ${ctx.method} ${ctx.path}`);
    ctx.res.setHeader('allow', [...allowed].join(', '));
    throw new HttpError(
      405,
      'HW_HTTP_METHOD',
      `${ctx.method} is not served on ${ctx.path}: use ${[...allowed].join(', ')}`,
    );
  }
}

function match(wanted: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (let index = 0; index < wanted.length; index++) {
    const name = wanted[index]!;
    if (!name.startsWith(':')) {
      if (name !== given[index]) return undefined;
      continue;
    }
    try {
      params[name.slice(1)] = decodeURIComponent(given[index]!);
    } catch {
      return undefined;
    }
  }
  return params;
}
