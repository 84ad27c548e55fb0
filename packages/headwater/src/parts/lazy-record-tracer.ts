import type { StreamsTracer } from '@headwater/service';
import type { Ground } from './ground.ts';

/**
 * Spans of records for a part that is no service. OpenTelemetry is loaded at the first record whose trace is recorded, which itself has none: a system
 * that nobody traces does not pay for it.
 */
export function lazyRecordTracer(ground: Ground, name: string): StreamsTracer {
  let opening: Promise<void> | undefined;
  let tracer: StreamsTracer | undefined;
  let isClosed = false;
  let closeTracing: (() => Promise<void>) | undefined;
  const open = async (): Promise<void> => {
    const { openRecordTracing } = await import('@headwater/service');
    const opened = await openRecordTracing({
      service: name,
      env: ground.serviceEnvironment(name),
      logger: ground.logger(name),
    });
    if (isClosed) return void (await opened.close());
    closeTracing = opened.close;
    tracer = opened.records.forStreams();
  };
  ground.onClose(`${name} traces`, async () => {
    isClosed = true;
    await opening;
    await closeTracing?.();
  });
  return {
    begin(record) {
      opening ??= open().catch((error: unknown) =>
        ground.logger(name).warn({ error: String(error) }, 'records make no spans'),
      );
      return tracer?.begin(record) ?? null;
    },
  };
}
