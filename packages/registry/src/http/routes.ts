import type { HttpContext, HttpServer } from '@headwater/http';
import { contextOf, subjectOf } from '../state/subject.ts';
import { mediaTypes } from './media-types.ts';

/** A call with what it says about where it belongs. */
export interface Call {
  readonly ctx: HttpContext;
  /** Set below `/contexts/{context}`, with its leading full stop. */
  readonly context: string | undefined;
  /** Empty for GET. */
  readonly body: Buffer;
}

export type RouteHandler = (call: Call) => unknown;
export type AddRoute = (method: string, path: string, handler: RouteHandler) => void;

const noBody = Buffer.alloc(0);

/** Every call is there twice: as it is, and below `/contexts/{context}`, where subjects without a context are of that one. */
export function routesOf(server: HttpServer): AddRoute {
  const handle = async (ctx: HttpContext, handler: RouteHandler): Promise<void> => {
    mediaTypes.check(ctx);
    const { context: text } = ctx.params;
    const context = text === undefined ? undefined : contextOf(text);
    const body = ctx.method === 'GET' || ctx.method === 'HEAD' ? noBody : await ctx.body();
    await handler({ ctx, context, body });
  };
  return (method, path, handler) => {
    server.route(method, path, (ctx) => handle(ctx, handler));
    server.route(method, `/contexts/:context${path}`, (ctx) => handle(ctx, handler));
  };
}

/** The subject that the path names. */
export function subjectOfCall({ context, ctx }: Call): string {
  return subjectOf(ctx.params['subject']!, context);
}

/** The subject that a query parameter names: in the call's context when it names none. */
export function subjectOfQuery({ context, ctx }: Call, name: string): string {
  return subjectOf(ctx.query.get(name) ?? '', context);
}
