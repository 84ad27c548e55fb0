import { EventTopic } from '@headwater/events';
import type { Calls } from '../calls/calls-module.ts';
import type { GatewayHost, GatewayModule } from '../stages/module.ts';
import { accessLog, accessLogTopic } from './access-log.ts';
import type { Changes } from './changes.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { LiveState } from './live-state.ts';
import { Metrics } from './route-metrics.ts';
import { tracer } from './tracer.ts';
import { ZipkinReporter } from './zipkin-reporter.ts';

export interface ObserveOptions {
  /** Kafka, for the topic `headwater-access-log`; absent: no access log. */
  kafkaUrl?: string | undefined;
  /** Zipkin, or what speaks its API v2: sampled calls of routes become spans there. */
  zipkinUrl?: string | undefined;
  tracing?:
    | { /** Share of the traces that begin here and are sampled, 0 to 1. Default 1. */ sampleRate?: number }
    | undefined;
  changes: Changes;
  /** Modules with metrics of their own. */
  modules?: readonly GatewayModule[];
}

/** What is seen of the gateway: access log, metrics, traces, live state. */
export function createObserve(options: ObserveOptions, calls: Calls, host: GatewayHost): GatewayModule {
  const { kafkaUrl, zipkinUrl, tracing, changes } = options;
  const { logger } = host;
  const metrics = new Metrics();
  const live = new LiveState(metrics, calls, changes);
  const topic =
    kafkaUrl === undefined
      ? undefined
      : new EventTopic({ topic: accessLogTopic, bootstrap: kafkaUrl, clientId: 'gateway', logger });
  const reporter = zipkinUrl === undefined ? undefined : new ZipkinReporter({ url: zipkinUrl, logger });
  const sources = { metrics, calls, accessLog: topic, reporter, modules: options.modules ?? [] };
  return {
    name: 'observe',
    observers: [
      metrics,
      tracer({ sampleRate: tracing?.sampleRate ?? 1, reporter }),
      ...(topic === undefined ? [] : [accessLog(topic)]),
    ],
    endpoints: [
      {
        path: '/api/gateway/metrics',
        methods: ['GET'],
        serve(ctx) {
          if (ctx.req.headers.accept?.includes('application/json')) return ctx.sendJson(200, live.state());
          ctx.send(200, gatewayMetrics(sources), { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
        },
      },
      {
        path: '/api/gateway/events',
        methods: ['GET'],
        serve(ctx) {
          const stream = ctx.sse();
          // A reader that is behind misses states, never changes.
          const stop = live.watch((event) => {
            if (event.event !== 'state' || stream.isReady) stream.send(event);
          });
          void stream.closed.then(stop);
        },
        stream: (emit) => live.watch(emit),
      },
    ],
    async close() {
      live.close();
      await Promise.all([topic?.close(), reporter?.close()]);
    },
  };
}
