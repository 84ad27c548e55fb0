import { withoutLogin } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { reasonOf } from '../ask/http-asker.ts';
import { idTracer, type Tracer } from './tracer.ts';

export interface TracerOptions {
  service: string;
  version: string;
  instanceId: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Share of new traces that is kept, 0 to 1; traces that callers began are kept as those decided. Default 1. */
  probability?: number;
  logger: Logger;
}

/**
 * The tracer of a service. Exports by OTLP/HTTP when an address is set (`HEADWATER_OTLP_URL`, `OTEL_EXPORTER_OTLP_ENDPOINT`,
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), goes through a provider that the user has registered with OpenTelemetry's API, and makes ids
 * only otherwise. OpenTelemetry is loaded in the first two cases only, and nothing is registered with it.
 */
export async function openTracer(options: TracerOptions): Promise<Tracer> {
  const url = tracesUrl(options.env);
  if (url === undefined && !hasRegisteredProvider()) return idTracer;
  const { otelTracer } = await import('./otel-tracer.ts');
  if (url === undefined) {
    const { trace } = await import('@opentelemetry/api');
    return otelTracer(trace.getTracer('@headwater/service', options.version), async () => {});
  }
  const [
    { TracerProvider, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler },
    { resourceFromAttributes },
    { OTLPTraceExporter },
  ] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.service,
      'service.version': options.version,
      'service.instance.id': options.instanceId,
      'process.pid': process.pid,
      'telemetry.sdk.language': 'nodejs',
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.probability ?? 1) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ ...withoutLogin(url), timeoutMillis: 2_000 }),
        maxQueueSize: 4_096,
        maxExportBatchSize: 512,
        scheduledDelayMillis: 500,
        exportTimeoutMillis: 2_000,
      }),
    ],
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= provider.shutdown().catch((error: unknown) => {
      options.logger.warn({ reason: reasonOf(error) }, 'the last spans could not be sent');
    });
    return closed;
  };
  return otelTracer(provider.getTracer('@headwater/service', options.version), close);
}

/** Where spans are sent to: our own variable, or OpenTelemetry's, of which the one for traces is a whole address. */
export function tracesUrl(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const whole = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  const base = env['HEADWATER_OTLP_URL'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  if (!base) return whole || undefined;
  return `${base.replace(/\/+$/, '')}/v1/traces`;
}

/** OpenTelemetry's API keeps what is registered under this symbol; looking there does not load it. */
function hasRegisteredProvider(): boolean {
  const registered = (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')];
  return (registered as { trace?: unknown } | undefined)?.trace !== undefined;
}
