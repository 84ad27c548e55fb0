import type { HttpContext } from '@headwater/http';
import { HttpError } from '@headwater/http';

/** A form's members. @throws HttpError 415 for another type, 400 for a member that is there twice (RFC 6749, 3.1) */
export async function formBody(ctx: HttpContext): Promise<Map<string, string>> {
  const type = ctx.req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const members = new Map<string, string>();
  const body = await ctx.body();
  if (body.length === 0) return members;
  if (type !== 'application/x-www-form-urlencoded') {
    throw new HttpError(415, 'HW_IDENTITY_FORM', 'send application/x-www-form-urlencoded');
  }
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (members.has(name)) throw new HttpError(400, 'HW_IDENTITY_FORM', `the parameter ${name} is there twice`);
    members.set(name, value);
  }
  return members;
}
