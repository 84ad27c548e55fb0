import type { KafkaClient } from '@headwater/client';
import type { createService } from '@headwater/service';
import type { RunningService, StartOptions } from './settings.ts';

interface Parts {
  service: Awaited<ReturnType<typeof createService>>;
  client: KafkaClient;
  /** Ends the work. */
  closing: AbortController;
  log: NonNullable<StartOptions['logger']>;
}

/** A service that works until it is closed: what stops it before is logged, and rejects `finished`. */
export function runningService({ client, closing, log, service }: Parts, work: Promise<void>): RunningService {
  const finished = work.catch((error: unknown) => {
    if (!closing.signal.aborted) throw error;
  });
  finished.catch((error: unknown) => log.error({ error: String(error) }, 'stopped'));
  return {
    url: service.url,
    finished,
    async close() {
      closing.abort();
      await finished.catch(() => {});
      await Promise.all([client.close(), service.close()]);
    },
  };
}
