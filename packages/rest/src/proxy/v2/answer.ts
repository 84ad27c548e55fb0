import type { HttpContext } from '@headwater/http';
import type { JsonObject } from '@headwater/serdes';
import { readObject } from '../fields.ts';
import { negotiate, v2Json } from '../media-types.ts';
import { unprocessable } from '../proxy-error.ts';

/** Answers in the type that the caller asked for. @throws ProxyError 406 when this call cannot give it */
export function sendV2(ctx: HttpContext, value: unknown, offered: readonly string[] = [v2Json]): void {
  ctx.send(200, typeof value === 'string' ? value : JSON.stringify(value), {
    'content-type': negotiate(ctx.req, offered),
  });
}

/** The body of a call that needs one. @throws ProxyError 422 when it is empty */
export async function requireBody(ctx: HttpContext): Promise<JsonObject> {
  const body = readObject(await ctx.body());
  if (body !== null) return body;
  throw unprocessable(422, 'The request body must not be null: send a JSON object');
}
