import type { HttpContext } from '@headwater/http';
import { guessApplications } from '../bus/destinations.ts';
import { webhookPaths } from '../bus/webhook-paths.ts';

/**
 * `POST /monitor`: a git host's push message as JSON, or a form with `path`. Answers with the names that it concerns, as the real server
 * does; `onPaths` looks at the repository at once and tells them.
 */
export async function monitor(ctx: HttpContext, onPaths: (names: readonly string[]) => Promise<void>): Promise<void> {
  const isForm = (ctx.req.headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded');
  const body = isForm
    ? { path: new URLSearchParams((await ctx.body()).toString('utf8')).getAll('path') }
    : await ctx.json();
  const paths = webhookPaths(ctx.req.headers, body).slice(0, 1_000);
  const names = [...new Set(paths.flatMap(guessApplications))];
  await onPaths(names);
  ctx.sendJson(200, names);
}
