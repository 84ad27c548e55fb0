import { type Logger, silentLogger } from '@headwater/logger';
import { openTracer } from '../observe/open-tracer.ts';
import { RecordTracing, type RecordTracingOptions } from './record-tracing.ts';

export interface OpenRecordTracingOptions extends RecordTracingOptions {
  /** Whose spans they are. */
  service: string;
  version?: string;
  instanceId?: string;
  /** Where spans go to (`HEADWATER_OTLP_URL` and OpenTelemetry's own names). Default: that of the process. */
  env?: Readonly<Record<string, string | undefined>>;
  logger?: Logger;
}

/** `RecordTracing` for a program that is no service of `createService`. */
export async function openRecordTracing({
  service,
  version = '0.0.0',
  instanceId = service,
  env = process.env,
  logger = silentLogger,
  ...options
}: OpenRecordTracingOptions): Promise<{ records: RecordTracing; close(): Promise<void> }> {
  const tracer = await openTracer({ service, version, instanceId, env, logger });
  return { records: new RecordTracing(() => tracer, options), close: () => tracer.close() };
}
