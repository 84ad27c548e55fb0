import { type HttpContext, HttpError, type HttpServer, PrometheusText } from '@headwater/http';
import type { LineOrigin } from './decode/json-line.ts';
import { recordOfJson } from './decode/json-line.ts';
import { parseObject, recordOfText } from './decode/line.ts';
import { LineSplitter } from './decode/line-splitter.ts';
import type { LogIntake } from './log-intake.ts';
import type { LogBatch } from './log-writer.ts';
import { type MetricFamily, prometheusText } from './prometheus-text.ts';

export interface LogRoutes {
  intake: LogIntake;
  health: () => Record<string, unknown>;
  metrics: () => readonly MetricFamily[];
}

const source = 'http';
const writeTimeoutMs = 10_000;

/** `POST /` takes log lines, `GET /health` and `GET /metrics` tell how it is. */
export function addLogRoutes(server: HttpServer, { health, intake, metrics }: LogRoutes): void {
  server.route('POST', '/', async (ctx) => {
    const origin = originOf(ctx, intake);
    const batch = batchOf(await ctx.body(), origin, intake);
    if (batch !== undefined) await writeOrRefuse(intake, batch);
    ctx.sendJson(200, { accepted: batch?.records.length ?? 0 });
  });
  server.route('GET', '/health', (ctx) => {
    const { error } = intake.writer;
    const details = { ...health(), queuedBytes: intake.writer.queuedBytes };
    if (error === undefined) ctx.sendJson(200, { status: 'UP', ...details });
    else ctx.sendJson(503, { status: 'DOWN', reason: error, ...details });
  });
  server.route('GET', '/metrics', (ctx) =>
    ctx.send(200, prometheusText(metrics()), { 'content-type': PrometheusText.contentType }),
  );
}

function originOf(ctx: HttpContext, { service }: LogIntake): LineOrigin {
  const host = ctx.req.socket.remoteAddress;
  return {
    source,
    receivedMs: Date.now(),
    service: ctx.query.get('service') ?? service,
    ...(host !== undefined && { host }),
  };
}

/** A JSON array of objects (or texts), one object, or lines of either or of text. */
function batchOf(body: Buffer, origin: LineOrigin, intake: LogIntake): LogBatch | undefined {
  const first = body.find((byte) => byte > 0x20);
  if (first === 0x5b) {
    const items = arrayOf(body.toString('utf8'));
    if (items !== undefined) return batchOfArray(items, origin, intake);
  } else if (first === 0x7b) {
    const object = parseObject(body.toString('utf8'));
    if (object !== undefined) return batchOfArray([object], origin, intake);
  }
  const splitter = new LineSplitter(intake.lineBytesMax);
  return intake.lines([...splitter.push(body), ...splitter.end()], origin);
}

function arrayOf(text: string): unknown[] | undefined {
  // In an object, since what is refused there is refused here.
  return parseObject(`{"items":${text}}`)?.['items'] as unknown[] | undefined;
}

function batchOfArray(items: readonly unknown[], origin: LineOrigin, intake: LogIntake): LogBatch | undefined {
  if (items.length === 0) return undefined;
  const records = items.map((item) => {
    if (typeof item === 'object' && item !== null && !Array.isArray(item))
      return intake.count({ ...recordOfJson(item as Record<string, unknown>, origin), isMalformed: false }, origin)
        .record;
    const text = typeof item === 'string' ? item : JSON.stringify(item);
    return intake.count({ ...recordOfText(text, origin), isMalformed: typeof item !== 'string' }, origin).record;
  });
  return intake.writer.batch(origin.source, records);
}

/** Answers when they are on the log, or tells the sender to come again. */
async function writeOrRefuse(intake: LogIntake, batch: LogBatch): Promise<void> {
  const { counters, writer } = intake;
  const refuse = (message: string, cause?: unknown): HttpError => {
    counters.drop(source, 'sent-back', batch.records.length);
    return new HttpError(
      503,
      'HW_TELEMETRY_LOG',
      `${message}: send the ${batch.records.length} lines again`,
      {},
      cause,
      {
        'retry-after': '1',
      },
    );
  };
  if (writer.isFull) throw refuse('too many log lines wait for the event store');
  const signal = AbortSignal.timeout(writeTimeoutMs);
  const tooLate = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  tooLate.catch(() => {});
  try {
    await Promise.race([writer.write(batch, signal), tooLate]);
  } catch (cause) {
    throw refuse('the event store does not take log lines now', cause);
  }
}
