/**
 * click-search: the topic `clickstream` into the index of the same name, where it can be searched.
 *
 * A sink with its offsets in the search store: a record's key is its document's id, and the record's offset its version. Whatever happens, each order is
 * in the index once, as it was told last, and is gone when its row is. While the store is away or busy the records wait in the log.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import { openSearchSink, type RunningSink } from '@headwater/connect';
import { createService } from '@headwater/service';
import { runAlone } from '../run-alone.ts';
import { runningService } from '../running-service.ts';
import { type Environment, type RunningService, type StartOptions, text, topics } from '../settings.ts';
import { clickIndex } from './click-index.ts';

const name = 'click-search';
const retryMs = 1_000;

export async function start(env: Environment, { logger }: StartOptions = {}): Promise<RunningService> {
  const service = await createService({ name, env, port: 0, ...(logger !== undefined && { logger }) });
  const { log } = service;
  let sink: RunningSink | undefined;
  service.health('documents', () => {
    if (sink === undefined) return { status: 'STARTING' };
    const { lastError, state, ...figures } = sink.figures;
    const status = state === 'active' ? 'UP' : state === 'starting' ? 'STARTING' : 'DOWN';
    return { status, details: { state, ...figures, ...(lastError !== null && { error: lastError }) } };
  });
  await service.start();
  const client = createClient({
    bootstrap: text(env, 'HEADWATER_KAFKA_URL', '127.0.0.1:9092'),
    clientId: name,
    logger: log,
  });
  const closing = new AbortController();
  const { signal } = closing;

  const ensureTopic = async (): Promise<void> => {
    const { topics: found } = await client.metadata();
    if (found.some((topic) => topic.name === topics.result)) return;
    await client.createTopics([{ name: topics.result, partitions: 3, configs: { 'cleanup.policy': 'compact' } }]);
  };
  const work = async (): Promise<void> => {
    for (;;) {
      try {
        await ensureTopic();
        break;
      } catch (error) {
        signal.throwIfAborted();
        log.warn({ reason: (error as Error).message, retryMs }, 'cannot create the topic, tries again');
        await delay(retryMs, undefined, { signal });
      }
    }
    sink = openSearchSink({
      client,
      groupId: name,
      topic: topics.result,
      searchUrl: text(env, 'HEADWATER_SEARCH_URL', 'http://127.0.0.1:9200'),
      index: topics.result,
      create: clickIndex,
      // An order that the tables forget, after seven days, is found no longer.
      behaviorOnNullValues: 'delete',
      map({ key, offset, partition, topic, value }) {
        const record = JSON.stringify({ topic, partition, offset });
        return { id: key!.toString(), json: `${value!.toString().slice(0, -1)},"record":${record}}`, version: offset };
      },
      newestOf: ({ key }) => key?.toString() ?? null,
      tracer: service.records,
      metrics: service.metrics,
      signal,
      logger: log,
    });
    await sink.finished;
  };
  return runningService({ service, client, closing, log }, work());
}

if (import.meta.main) await runAlone(start);
