import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createHttpServer, type HttpContext, type HttpServer } from '@headwater/http';
import type { BrokerContext } from '../context.ts';
import type { FlowSnapshot } from '../flow.ts';
import type { KafkaServer } from '../network/kafka-server.ts';
import type { RequestMetrics } from '../request-metrics.ts';
import { groupFinder } from './group-finder.ts';
import { metricsText } from './metrics.ts';

export interface AdminServerOptions {
  host: string;
  port: number;
  context: BrokerContext;
  server: KafkaServer;
  requests: RequestMetrics;
}

export interface AdminServer {
  url: string;
  close(): Promise<void>;
}

const flowEveryMs = 1_000;

/** HTTP for people and programs that watch the broker: `/flow`, `/health`, `/metrics`. It changes nothing. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { context, requests, server } = options;
  const { logger, store } = context;
  const startedAtMs = context.clock.monotonicMs();
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });
  const http = createHttpServer({ name: 'kafka-admin', host: options.host, port: options.port, logger });
  const streams = new FlowStreams(() => flowSnapshot(context));

  http.route('GET', '/flow', (ctx) => {
    if (ctx.req.headers.accept?.includes('text/event-stream')) streams.open(ctx);
    else ctx.sendJson(200, flowSnapshot(context));
  });
  http.route('GET', '/health', (ctx) => {
    const { connections } = server.stats();
    const upMs = Math.round(context.clock.monotonicMs() - startedAtMs);
    const { brokerId, clusterId } = context;
    ctx.sendJson(200, { status: 'up', brokerId, clusterId, topics: store.topics().length, connections, upMs });
  });
  http.route('GET', '/metrics', (ctx) => {
    const text = metricsText({
      context,
      server,
      requests,
      loopDelaySeconds: () => {
        // Enabled by the first scrape: it costs a timer that fires 50 times a second.
        loopDelay.enable();
        const p99 = loopDelay.percentile(99) / 1e9;
        loopDelay.reset();
        return p99;
      },
    });
    ctx.send(200, text, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });

  const { url } = await listen(http);
  return {
    url,
    async close() {
      streams.close();
      loopDelay.disable();
      await http.close();
    },
  };
}

async function listen(http: HttpServer): Promise<{ url: string }> {
  try {
    return await http.listen();
  } catch (error) {
    await http.close();
    throw error;
  }
}

export function flowSnapshot(context: BrokerContext): FlowSnapshot {
  return context.flow.snapshot(context.store.topics(), groupFinder(context.groups));
}

/** One timer and one snapshot a second for all who watch; none while nobody does. */
class FlowStreams {
  readonly #snapshot: () => FlowSnapshot;
  readonly #streams = new Set<ReturnType<HttpContext['sse']>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(snapshot: () => FlowSnapshot) {
    this.#snapshot = snapshot;
  }

  open(ctx: HttpContext): void {
    const stream = ctx.sse();
    this.#streams.add(stream);
    void stream.closed.then(() => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.close();
    });
    stream.send({ event: 'flow', data: JSON.stringify(this.#snapshot()) });
    this.#timer ??= setInterval(() => this.#tick(), flowEveryMs).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const data = JSON.stringify(this.#snapshot());
    // What a slow reader misses is in the next one: the counters are cumulative.
    for (const stream of this.#streams) if (!stream.isClosed) stream.send({ event: 'flow', data });
  }
}
