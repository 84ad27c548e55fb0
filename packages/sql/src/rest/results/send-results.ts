import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HttpContext } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { apiErrorOf } from '../api-error.ts';
import type { ResultRow, RunningQuery } from '../sql-service.ts';
import { mediaTypes, type ResultWriter } from './result-writer.ts';

/** Rows that are there at once are sent in one piece up to this many characters. */
const pieceLengthMax = 64 * 1024;

/** Sends a query's rows as they come; a slow reader slows the query, and one that went away closes it. */
export async function sendResults(
  ctx: HttpContext,
  query: RunningQuery,
  writer: ResultWriter,
  logger: Logger,
): Promise<void> {
  if (Symbol.iterator in query.rows) {
    const rows = query.rows[Symbol.iterator]();
    const text = pieceOf(rows, query, writer, logger);
    if (text.isWhole) return sendPiece(ctx, writer.contentType, text.text);
    return sendAsTheyCome(ctx, query, writer, logger, { begun: text.text, rows });
  }
  return sendAsTheyCome(ctx, query, writer, logger, { begun: writer.head(), rows: query.rows[Symbol.asyncIterator]() });
}

type Rows = Iterator<readonly ResultRow[]> | AsyncIterator<readonly ResultRow[]>;

/** The beginning of an answer, or all of it. */
function pieceOf(
  rows: Iterator<readonly ResultRow[]>,
  query: RunningQuery,
  writer: ResultWriter,
  logger: Logger,
): { readonly text: string; readonly isWhole: boolean } {
  let text = writer.head();
  try {
    while (text.length < pieceLengthMax) {
      const next = rows.next();
      if (next.done === true) return { text: text + writer.end(query.finalMessage()), isWhole: true };
      text += writer.rows(next.value);
    }
  } catch (thrown) {
    return { text: text + failure(thrown, query, writer, logger), isWhole: true };
  }
  return { text, isWhole: false };
}

function sendPiece(ctx: HttpContext, contentType: string, text: string): void {
  const length = String(Buffer.byteLength(text));
  ctx.res.writeHead(200, { 'content-type': contentType, 'content-length': length });
  ctx.res.end(text);
}

function failure(thrown: unknown, { id }: RunningQuery, writer: ResultWriter, logger: Logger): string {
  logger.warn({ queryId: id, error: String(thrown) }, 'a query ended with an error');
  return writer.error(apiErrorOf(thrown)) + writer.end(null);
}

async function sendAsTheyCome(
  ctx: HttpContext,
  query: RunningQuery,
  writer: ResultWriter,
  logger: Logger,
  { begun, rows }: { readonly begun: string; readonly rows: Rows },
): Promise<void> {
  const { signal } = ctx;
  const isAtOnce = Symbol.iterator in query.rows;
  // Clients of ksqlDB read each frame of HTTP/2 as one row, as its server sends them.
  const isFramed =
    ctx.req.httpVersionMajor === 2 && query.kind === 'push' && writer.contentType === mediaTypes.delimited;
  const close = () => query.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    if (signal.aborted) return;
    begin(ctx, writer.contentType);
    await write(ctx, begun);
    try {
      for (;;) {
        const { done, value } = await rows.next();
        if (signal.aborted) return;
        if (done === true) break;
        if (value.length > 0) await (isFramed ? writeFrames(ctx, value, writer) : write(ctx, writer.rows(value)));
        // Rows that are there at once leave turns to others.
        if (isAtOnce) await nextTurn();
      }
      if (!signal.aborted) ctx.res.end(writer.end(query.finalMessage()));
    } catch (thrown) {
      if (signal.aborted) return;
      ctx.res.end(failure(thrown, query, writer, logger));
    }
  } finally {
    signal.removeEventListener('abort', close);
    query.close();
    await rows.return?.();
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

/** A row a frame. Resolves when more may be written. */
async function writeFrames(ctx: HttpContext, rows: readonly ResultRow[], writer: ResultWriter): Promise<void> {
  for (const row of rows) {
    // What is written before the last one has gone would go in one frame.
    await new Promise<void>((resolve) => {
      const done = () => {
        ctx.signal.removeEventListener('abort', done);
        resolve();
      };
      ctx.signal.addEventListener('abort', done, { once: true });
      ctx.res.write(writer.rows([row]), done);
    });
    if (ctx.signal.aborted) return;
  }
}
