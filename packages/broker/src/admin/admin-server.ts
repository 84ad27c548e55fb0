import { createHttpServer, type HttpContext, HttpError, type HttpSecurity, type HttpServer } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { Broker } from '../broker.ts';
import type { BrokerContext } from '../context.ts';
import type { FlowSnapshot } from '../flow.ts';
import type { RunningBroker } from '../running-broker.ts';
import { addControlRoutes } from './control-routes.ts';
import { groupFinder } from './group-finder.ts';
import { Metrics } from './metrics.ts';

export interface AdminServerOptions {
  host: string;
  port: number;
  logger: Logger;
  /** Null while the broker is stopped. */
  running: () => RunningBroker | null;
  broker: Broker;
  /** Whether `/control` does what it is asked to. */
  isControlled: boolean;
  security: HttpSecurity;
}

export interface AdminServer {
  url: string;
  close(): Promise<void>;
}

const flowEveryMs = 1_000;

/** HTTP for people and programs that watch the broker: `/flow`, `/health`, `/metrics`; and for tests `/control`. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { host, port, logger, running } = options;
  const startedAtMs = performance.now();
  const metrics = new Metrics();
  const http = createHttpServer({ ...options.security, name: 'kafka-admin', host, port, logger });
  const streams = new FlowStreams(() => {
    const broker = running();
    return broker === null ? null : flowSnapshot(broker.context);
  });

  http.route('GET', '/flow', (ctx) => {
    if (ctx.req.headers.accept?.includes('text/event-stream')) streams.open(ctx);
    else ctx.sendJson(200, flowSnapshot(needed(running).context));
  });

  http.route('GET', '/health', (ctx) => {
    const upMs = Math.round(performance.now() - startedAtMs);
    const broker = running();
    if (broker === null) return ctx.sendJson(503, { status: 'down', isLive: true, isReady: false, upMs });
    const { brokerId, clusterId, store } = broker.context;
    const { connections } = broker.server.stats();
    const topics = store.topics().length;
    ctx.sendJson(200, { status: 'up', isLive: true, isReady: true, brokerId, clusterId, topics, connections, upMs });
  });
  // For orchestrators: restart it when it is not live, send it nobody while it is not ready.
  http.route('GET', '/health/live', (ctx) => ctx.sendJson(200, { isLive: true }));
  http.route('GET', '/health/ready', (ctx) => {
    const isReady = running() !== null;
    ctx.sendJson(isReady ? 200 : 503, { isReady });
  });

  http.route('GET', '/metrics', async (ctx) => {
    const text = await metrics.text(needed(running));
    ctx.send(200, text, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });

  addControlRoutes(http, options.broker, options.isControlled);

  const { url } = await listen(http);
  return {
    url,
    async close() {
      streams.close();
      metrics.close();
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

function needed(running: () => RunningBroker | null): RunningBroker {
  const broker = running();
  if (broker !== null) return broker;
  throw new HttpError(503, 'HW_BROKER_STOPPED', 'The broker is stopped: start it again first.');
}

export function flowSnapshot(context: BrokerContext): FlowSnapshot {
  return context.flow.snapshot(context.store.topics(), groupFinder(context.groups));
}

/** One timer and one snapshot a second for all who watch; none while nobody does. */
class FlowStreams {
  readonly #snapshot: () => FlowSnapshot | null;
  readonly #streams = new Set<ReturnType<HttpContext['sse']>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(snapshot: () => FlowSnapshot | null) {
    this.#snapshot = snapshot;
  }

  open(ctx: HttpContext): void {
    const stream = ctx.sse();
    this.#streams.add(stream);
    void stream.closed.then(() => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.close();
    });
    const first = this.#snapshot();
    if (first !== null) stream.send({ event: 'flow', data: JSON.stringify(first) });
    this.#timer ??= setInterval(() => this.#tick(), flowEveryMs).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const snapshot = this.#snapshot();
    if (snapshot === null) return;
    const data = JSON.stringify(snapshot);
    // What a slow reader misses is in the next one: the counters are cumulative.
    for (const stream of this.#streams) if (!stream.isClosed) stream.send({ event: 'flow', data });
  }
}
