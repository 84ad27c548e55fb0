import { createClient } from '@headwater/client';
import { createHttpServer, errorBody, type HttpContext, HttpError, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { createRegistryClient } from '@headwater/serdes';
import { Catalog } from './catalog.ts';
import { parseConsumeQuery } from './consume-query.ts';
import { type CorrelateUrls, Correlator } from './correlate/correlator.ts';
import { parseCorrelateQuery } from './correlate/subject.ts';
import { GroupWatch } from './group-watch.ts';
import { describeGroup, listGroups } from './groups.ts';
import { LiveSampler } from './live-sampler.ts';
import { openTail, streamTail } from './live-tail.ts';
import { openApi } from './openapi.ts';
import { produce, produceBytesMax } from './produce.ts';
import { addProxyRoutes, isProxyPath, sendProxyError } from './proxy/index.ts';
import { RegistryBook } from './proxy/registry-book.ts';
import { noSchemas } from './proxy/schema-book.ts';
import { schemaRenderer } from './proxy/v2/schema-records.ts';
import { readPage } from './read-page.ts';
import { toHttpError } from './rest-error.ts';
import { RecordSchemas } from './schemas/record-schemas.ts';
import { SchemaForms } from './schemas/schema-forms.ts';
import { TopicSchemas } from './schemas/topic-schemas.ts';
import { createTopic, deleteTopic, describeTopic, listTopics } from './topics.ts';

export interface RestOptions {
  /** Bootstrap addresses of the event store, or of any Kafka: `host:port,host:port`. */
  kafkaUrl: string;
  /** A schema registry: records are checked and encoded by the schemas of their topics, and shown decoded. Default: none is asked. */
  registryUrl?: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 8082; 0 lets the system choose. */
  port?: number;
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity;
  /** How long a call waits for a cluster that is away before it answers 503. Default 5,000 ms. */
  kafkaTimeoutMs?: number;
  /** A consumer instance of the REST Proxy that nobody uses for so long is closed. Default 300,000 ms. */
  consumerIdleMs?: number;
  /** Where traces, documents, logs and SQL tables are, for `/api/correlate`; asked at each call. Default: the log alone is looked at. */
  correlate?: () => CorrelateUrls;
  logger?: Logger;
}

export interface Rest {
  url: string;
  /** Ends streams, sends what is under way, and closes. May be called twice. */
  close(): Promise<void>;
}

/** Callers wait for it. */
/** The newest version of a subject counts within a second. */
const registryPatience = { requestTimeoutMs: 3_000, retries: 1, latestTtlMs: 0 };
/** Each has a connection to the event store, and up to 2 MiB that wait for it. */
const liveReadersMax = 500;
/** Each may look through hundreds of thousands of records. */
const correlatingMax = 4;
const correlateTimeoutMs = 20_000;

/**
 * Starts the log over HTTP: produce, consume, live tail, topics, groups.
 *
 * @example
 * const rest = await startRest({ kafkaUrl: '127.0.0.1:9092', port: 0 });
 * await fetch(`${rest.url}/api/produce/orders?key=o-1`, { method: 'POST', body: '{"total":12}' });
 * const page = await (await fetch(`${rest.url}/api/consume/orders?from=earliest`)).json();
 * console.log(page.records[0].value); // { total: 12 }
 * await rest.close();
 */
export async function startRest(options: RestOptions): Promise<Rest> {
  const logger = options.logger ?? silentLogger;
  const client = createClient({
    bootstrap: options.kafkaUrl,
    clientId: 'headwater-rest',
    retryTimeoutMs: options.kafkaTimeoutMs ?? 5_000,
    logger,
  });
  const registry =
    options.registryUrl === undefined ? null : createRegistryClient({ url: options.registryUrl, ...registryPatience });
  const forms = registry === null ? null : new SchemaForms(registry);
  const topicSchemas = forms === null ? null : new TopicSchemas(forms);
  const recordSchemas = forms === null ? null : new RecordSchemas(forms);
  const producer = client.producer({ lingerMs: 0, deliveryTimeoutMs: options.kafkaTimeoutMs ?? 5_000 });
  const catalog = new Catalog(client);
  const groups = new GroupWatch(client);
  const sampler = new LiveSampler(catalog, groups, logger);
  const topicRoom = { client, catalog, groups };
  const server = createHttpServer({
    name: 'rest',
    ...options.security,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 8082,
    logger,
    metrics: { part: 'rest' },
    onError(error, ctx) {
      if (isProxyPath(ctx.path)) return sendProxyError(ctx, error);
      const { retryAfterSeconds } = error.details as { retryAfterSeconds?: number };
      ctx.sendJson(
        error.status,
        errorBody(error),
        retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
      );
    },
  });
  /** Every handler's errors of the cluster become answers that say what to do. */
  const route = (method: string, path: string, handler: (ctx: HttpContext) => unknown, maxBodyBytes?: number): void =>
    server.route(
      method,
      path,
      async (ctx) => {
        try {
          await handler(ctx);
        } catch (error) {
          throw toHttpError(error);
        }
      },
      maxBodyBytes === undefined ? {} : { maxBodyBytes },
    );

  let liveReaders = 0;
  route('POST', '/api/produce', (ctx) => produce(ctx, producer, topicSchemas), produceBytesMax);
  route('POST', '/api/produce/:topic', (ctx) => produce(ctx, producer, topicSchemas), produceBytesMax);
  route('GET', '/api/consume/:topic', async (ctx) => {
    const topic = ctx.params['topic']!;
    const query = parseConsumeQuery(ctx.query, ctx.req.headers.accept, header(ctx, 'last-event-id'));
    if (!query.isLive) {
      ctx.send(200, await readPage(client, topic, query, ctx.signal, recordSchemas), {
        'content-type': 'application/json; charset=utf-8',
      });
      return;
    }
    if (liveReaders >= liveReadersMax) {
      const message = `${liveReadersMax} live readers are connected already: close one first`;
      throw new HttpError(503, 'HW_REST_BUSY', message, { retryAfterSeconds: 5 });
    }
    liveReaders++;
    try {
      const tail = await openTail(client, topic, query, ctx.signal);
      await streamTail(tail, topic, query, ctx.sse(), recordSchemas);
    } finally {
      liveReaders--;
    }
  });
  route('GET', '/api/topics', (ctx) => listTopics(ctx, topicRoom));
  route('POST', '/api/topics', (ctx) => createTopic(ctx, topicRoom));
  route('GET', '/api/topics/_live', (ctx) => sampler.serve(ctx));
  route('GET', '/api/topics/:topic', (ctx) => describeTopic(ctx, topicRoom));
  route('DELETE', '/api/topics/:topic', (ctx) => deleteTopic(ctx, topicRoom));
  route('GET', '/api/groups', (ctx) => listGroups(ctx, groups));
  route('GET', '/api/groups/:group', (ctx) => describeGroup(ctx, client, groups));
  route('GET', '/api/cluster', async (ctx) => {
    const { clusterId, controllerId, brokers, topics } = await catalog.metadata();
    ctx.sendJson(200, { clusterId, controllerId, brokers, topics: topics.filter((topic) => !topic.isInternal).length });
  });
  const correlator = new Correlator({
    client,
    catalog,
    schemas: recordSchemas,
    urls: options.correlate ?? (() => ({})),
  });
  let correlating = 0;
  route('GET', '/api/correlate', async (ctx) => {
    const query = parseCorrelateQuery(ctx.query);
    if (correlating >= correlatingMax) {
      const message = `${correlatingMax} of these are under way already`;
      throw new HttpError(503, 'HW_REST_BUSY', message, { retryAfterSeconds: 2 });
    }
    correlating++;
    try {
      const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(correlateTimeoutMs)]);
      ctx.sendJson(200, await correlator.correlate(query, signal));
    } finally {
      correlating--;
    }
  });
  route('GET', '/api/openapi.json', (ctx) => ctx.sendJson(200, openApi));
  route('GET', '/health', async (ctx) => {
    try {
      const { brokers } = await catalog.metadata();
      ctx.sendJson(200, { status: 'UP', brokers: brokers.length });
    } catch (error) {
      throw new HttpError(503, 'HW_REST_KAFKA_UNAVAILABLE', (error as Error).message, { status: 'DOWN' });
    }
  });

  const proxy = addProxyRoutes(server, {
    client,
    producer,
    book: forms === null ? noSchemas : new RegistryBook(forms),
    schemas: recordSchemas === null ? null : schemaRenderer(recordSchemas),
    logger,
    ...(options.consumerIdleMs === undefined ? {} : { consumers: { idleMsMax: options.consumerIdleMs } }),
  });

  const { url } = await server.listen().catch(async (error: unknown) => {
    await proxy.close();
    registry?.close();
    await client.close();
    throw error;
  });
  let closed: Promise<void> | undefined;
  return {
    url,
    close() {
      closed ??= (async () => {
        sampler.close();
        await server.close();
        await proxy.close();
        registry?.close();
        await client.close();
      })();
      return closed;
    },
  };
}

function header(ctx: HttpContext, name: string): string | undefined {
  const value = ctx.req.headers[name];
  return typeof value === 'string' ? value : undefined;
}
