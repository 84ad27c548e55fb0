import type { HttpContext, HttpServer } from '@headwater/http';
import { contextOf } from '../state/subject.ts';

/** `context` is set below `/contexts/{context}`, with its leading full stop. */
export type RouteHandler = (ctx: HttpContext, context: string | undefined) => unknown;
export type AddRoute = (method: string, path: string, handler: RouteHandler) => void;

/** Every call is there twice: as it is, and below `/contexts/{context}`, where subjects without a context are of that one. */
export function routesOf(server: HttpServer): AddRoute {
  return (method, path, handler) => {
    server.route(method, path, (ctx) => handler(ctx, undefined));
    server.route(method, `/contexts/:context${path}`, (ctx) => handler(ctx, contextOf(ctx.params['context']!)));
  };
}
