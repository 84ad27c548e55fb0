import type { HttpContext } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { apiErrorOf } from '../api-error.ts';
import type { RunningQuery } from '../sql-service.ts';
import type { ResultWriter } from './result-writer.ts';

/** Sends a query's rows as they come; a slow reader slows the query, and one that went away closes it. */
export async function sendResults(
  ctx: HttpContext,
  query: RunningQuery,
  writer: ResultWriter,
  logger: Logger,
): Promise<void> {
  const { signal } = ctx;
  const close = () => query.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    if (signal.aborted) return;
    begin(ctx, writer.contentType);
    await write(ctx, writer.head());
    try {
      for await (const rows of query.rows) {
        if (signal.aborted) return;
        if (rows.length > 0) await write(ctx, writer.rows(rows));
      }
      if (!signal.aborted) ctx.res.end(writer.end(query.finalMessage()));
    } catch (thrown) {
      if (signal.aborted) return;
      logger.warn({ queryId: query.id, error: String(thrown) }, 'a query ended with an error');
      ctx.res.end(writer.error(apiErrorOf(thrown)) + writer.end(null));
    }
  } finally {
    signal.removeEventListener('abort', close);
    query.close();
    if (signal.aborted && !ctx.res.writableEnded) ctx.res.end();
  }
}

/** Sends lines of PRINT. */
export async function sendLines(ctx: HttpContext, lines: AsyncIterable<string>, logger: Logger): Promise<void> {
  begin(ctx, 'text/plain; charset=utf-8');
  try {
    for await (const line of lines) {
      if (ctx.signal.aborted) break;
      await write(ctx, `${line}\n`);
    }
  } catch (thrown) {
    if (!ctx.signal.aborted) {
      logger.warn({ error: String(thrown) }, 'a print ended with an error');
      await write(ctx, `${apiErrorOf(thrown).message}\n`);
    }
  }
  ctx.res.end();
}

function begin(ctx: HttpContext, contentType: string): void {
  ctx.res.writeHead(200, { 'content-type': contentType });
  ctx.res.flushHeaders();
}

/** Resolves when more may be written. */
export function write(ctx: HttpContext, text: string): Promise<void> | void {
  if (ctx.res.write(text) || ctx.signal.aborted) return;
  return new Promise((resolve) => {
    const done = () => {
      ctx.res.off('drain', done);
      ctx.signal.removeEventListener('abort', done);
      resolve();
    };
    ctx.res.once('drain', done);
    ctx.signal.addEventListener('abort', done, { once: true });
  });
}
