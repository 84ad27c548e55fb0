import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { reasonOf } from '../ask/http-asker.ts';
import { followBus } from '../config/config-bus.ts';
import type { ConfigClient } from '../config/config-client.ts';

export interface JoinBusOptions {
  config: ConfigClient;
  kafkaUrl: string;
  name: string;
  profiles: readonly string[];
  topic: string | undefined;
  logger: Logger;
}

const retryMinMs = 2_000;
const retryMaxMs = 30_000;

/** Listens to Spring Cloud Bus for as long as the service runs, however often the event store goes and comes. Returns what ends it. */
export function joinBus({ config, kafkaUrl, logger, name, profiles, topic }: JoinBusOptions): () => Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const client = createClient({ bootstrap: kafkaUrl, clientId: `${name}-bus`, logger });
  const id = [name, profiles.join(','), randomUUID()].filter((part) => part !== '').join(':');
  const running = (async () => {
    let retryMs = retryMinMs;
    let told = '';
    while (!signal.aborted) {
      const sinceMs = performance.now();
      try {
        await followBus({ config, client, id, signal, logger, ...(topic !== undefined && { topic }) });
      } catch (error) {
        if (performance.now() - sinceMs > retryMaxMs) retryMs = retryMinMs;
        // Said once: a platform without a bus is a platform too.
        const reason = reasonOf(error);
        if (reason !== told) logger.warn({ reason }, 'cannot follow the bus, tries again');
        told = reason;
      }
      await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
      retryMs = Math.min(retryMaxMs, 2 * retryMs);
    }
  })();
  return async () => {
    stop.abort();
    await running;
    await client.close();
  };
}
