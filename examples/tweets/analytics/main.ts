/**
 * analytics: `twitter-analytics-topic` into the table `analytics.twitter_analytics`, and the newest count of a word over HTTP.
 *
 * Rows and offsets are one statement of the database, so each count is there once whatever happens; while the database is away the records wait
 * in the log. The database is the service's own.
 */
import { createClient } from '@headwater/client';
import { openPostgresSink, type RunningSink, rowIdOf } from '@headwater/connect';
import { HttpError } from '@headwater/http';
import { createRegistryClient } from '@headwater/serdes';
import { unlessAborted } from '../common/back-off.ts';
import { CountReader } from '../common/count-reader.ts';
import { ensureTopic } from '../common/kafka.ts';
import { membership, names } from '../common/names.ts';
import { poisonPolicy } from '../common/poison.ts';
import { ports } from '../common/ports.ts';
import { runAlone } from '../common/run-alone.ts';
import { openService, type RunningService, runLoop, type StartOptions } from '../common/service.ts';
import { type Environment, kafkaAddress, registryUrl } from '../common/settings.ts';
import { addSinkHealth } from '../common/sink-health.ts';
import { countsTopic } from '../common/topics.ts';
import { reasonOf } from '../common/tweets-error.ts';
import { untilItWorks } from '../common/until-it-works.ts';
import { columns, migrations } from './migrations.ts';
import { keepPruned } from './pruning.ts';
import { analyticsSettings } from './settings.ts';
import { WordRows } from './word-rows.ts';

const name = 'analytics';
const mediaTypeV1 = 'application/vnd.api.v1+json';
const selects = {
  'db.system.name': 'postgresql',
  'db.operation.name': 'select',
  'db.collection.name': 'analytics.twitter_analytics',
};
const hourMs = 3_600_000;

export async function start(given: Environment, options: StartOptions = {}): Promise<RunningService> {
  const opened = await openService(name, given, options, ports.analytics);
  const { logger, service, settings: env } = opened;
  const { keepHours, ...settings } = analyticsSettings(env);
  const { bootstrap } = kafkaAddress(env);
  const topic = names(env).countsTopic;
  const poison = poisonPolicy(env, logger);
  const rows = new WordRows(settings.postgresUrl);
  let sink: RunningSink | undefined;

  service.route(
    'GET /get-word-count-by-word/:word',
    { summary: 'The newest count of a word; {} when it has none', produces: mediaTypeV1 },
    async ({ http, params }) => {
      const word = params.word.toLowerCase();
      const row = await asked(
        http,
        service.span('select twitter_analytics', () => rows.newest(word), selects, 'client'),
      );
      logger.info({ word, wordCount: row?.wordCount ?? null }, 'the count of a word was asked for');
      return row ?? {};
    },
  );

  service.route(
    'GET /words/:word/history',
    {
      summary: 'The counts of a word between two moments (default: the last hour), oldest first',
      produces: mediaTypeV1,
    },
    async ({ http, params }) => {
      const to = moment(http.query.get('to'), 'to', Date.now() + 1);
      const from = moment(http.query.get('from'), 'from', to.getTime() - hourMs);
      const word = params.word.toLowerCase();
      return { word, counts: await asked(http, rows.history(word, from, to)) };
    },
  );

  addSinkHealth(service, 'database', () => sink);

  const url = await opened.listen();

  const loop = runLoop(logger, async (signal) => {
    const connection = { ...kafkaAddress(env), clientId: name, logger };
    await untilItWorks('create the topic', { logger, signal }, () => ensureTopic(connection, countsTopic(names(env))));
    if (signal.aborted) return;
    const client = createClient({ bootstrap, clientId: name, logger });
    const registry = createRegistryClient({ url: registryUrl(env) });
    const reader = new CountReader(registry);
    const { groupId, instanceId } = membership(env, name);
    sink = openPostgresSink({
      client,
      groupId,
      groupInstanceId: instanceId,
      sessionTimeoutMs: 6_000,
      topic,
      postgresUrl: settings.postgresUrl,
      createDatabase: true,
      schema: 'analytics',
      table: 'twitter_analytics',
      columns,
      migrations,
      prepare: (records) => reader.prepare(records.map(({ value }) => value)),
      map({ offset, partition, value }) {
        if (value === null) return null; // a word that was taken out
        const { createdAt, word, wordCount } = reader.read(value);
        if (word === null || wordCount === null || createdAt === null)
          throw new Error('it is no count: a field is null');
        return [rowIdOf(topic, partition, offset), word, wordCount, new Date(createdAt)];
      },
      newestOf: settings.rows === 'newest-of-batch' ? ({ key }) => key?.toString() ?? null : undefined,
      onPoison: (record, reason) => poison.report(topic, record, reason),
      batchRecords: settings.batchRows,
      lingerMs: settings.lingerMs,
      tracer: service.records,
      metrics: service.metrics,
      onStored: (_, [id, word]) => logger.info({ id, word }, 'a count was stored'),
      signal,
      logger,
    });
    try {
      await Promise.all([sink.finished, unlessAborted(keepPruned(rows, { keepHours, logger, signal }), signal)]);
    } finally {
      await sink.close();
      await client.close();
      registry.close();
    }
  });

  return {
    url,
    finished: loop.finished,
    async close() {
      await Promise.all([loop.close(), service.close()]);
      await rows.close();
    },
  };
}

/** What the database answers; 503 with its reason when it does not. */
async function asked<R>(
  http: { res: { setHeader(name: string, value: string): void } },
  answer: Promise<R>,
): Promise<R> {
  try {
    return await answer;
  } catch (error) {
    http.res.setHeader('retry-after', '1');
    throw new HttpError(503, 'HW_TWEETS_DATABASE_DOWN', `the database does not answer: ${reasonOf(error)}`);
  }
}

function moment(text: string | null, field: string, fallbackMs: number): Date {
  const date = new Date(text === null ? fallbackMs : /^\d+$/.test(text) ? Number(text) : text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new HttpError(400, 'HW_TWEETS_QUERY', `${field} is "${text}": give a time in ISO 8601 or epoch milliseconds`);
}

if (import.meta.main) await runAlone(name, start);
