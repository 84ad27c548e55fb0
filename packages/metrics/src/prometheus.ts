import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { stringify } from 'yaml';
import type { Metadata } from './exposition/parse-exposition.ts';
import { sendError } from './http/answers.ts';
import { addQueryRoutes } from './http/query-routes.ts';
import { addRuleRoutes, addTargetRoutes } from './http/rule-routes.ts';
import { addStatusRoutes } from './http/status-routes.ts';
import { OwnMetrics } from './own-metrics.ts';
import { durationText } from './promql/duration.ts';
import { readPrometheusSettings } from './read-settings.ts';
import { addRemoteWriteRoute } from './remote/remote-write-route.ts';
import { AlertSender } from './rules/alert-sender.ts';
import { type RuleGroup, readRuleFile } from './rules/read-rule-files.ts';
import { RuleEngine } from './rules/rule-engine.ts';
import { HttpGetter } from './scrape/http-get.ts';
import { jobDefaults, type ScrapeJob, type TargetGroup } from './scrape/scrape-config.ts';
import { Scraper } from './scrape/scraper.ts';
import type { ScrapeHost } from './scrape/target.ts';
import { SampleStore } from './store/sample-store.ts';
import { MetricsTopic } from './topic/metrics-topic.ts';

export interface PrometheusOptions {
  /** The event store: samples go to a topic, and those of OTLP come from it. Default: neither. */
  bootstrap?: string;
  /** A schema registry: records of the topic name the schema of their values. Default: they do not. */
  registryUrl?: string | undefined;
  /** Where samples are kept. Default: in memory only. */
  directory?: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 9090; 0 lets the system choose. */
  port?: number;
  /** A Eureka server whose instances are scraped. */
  discoveryUrl?: string;
  /** Parts of the platform: asked for again and again, as they come. */
  parts?: () => readonly TargetGroup[];
  /** `Authorization` that a part of the platform is asked with, by its address. Default: none. */
  partsAuthorization?: ScrapeJob['authorizationFor'];
  /** Where alerts go, besides `alertmanagers` of the settings. */
  monitorUrl?: () => string | undefined;
  /** What stands under `prometheus:` in headwater.yaml. */
  settings?: Readonly<Record<string, unknown>>;
  /** Paths in the settings count from here. Default: the working directory. */
  baseDir?: string;
  /** When to begin to scrape, evaluate and follow the topic. Default: at once. */
  startAfter?: Promise<unknown>;
  allowedHosts?: readonly string[];
  allowedOrigins?: readonly string[];
  /** TLS, and who may call. Default: neither. */
  security?: HttpSecurity;
  logger?: Logger;
}

export interface Prometheus {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly store: SampleStore;
  readonly rules: RuleEngine;
  /** May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const shippedRules = fileURLToPath(new URL('../rules/headwater.rules.yaml', import.meta.url));
const version = '2.42.0';
const cleanMs = 60_000;
const metadataMax = 20_000;

/**
 * Starts a server that scrapes, keeps and answers for metrics as Prometheus does: Grafana, promtool and other Prometheus servers use it unchanged.
 *
 * @example
 * await using prometheus = await startPrometheus({ port: 0, settings: { scrape_configs: [{ job_name: 'a', static_configs: [{ targets: ['127.0.0.1:9100'] }] }] } });
 * console.log(await (await fetch(`${prometheus.url}/api/v1/query?query=up`)).json());
 */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  const { directory, logger = silentLogger } = options;
  const startedMs = Date.now();
  const settings = readPrometheusSettings(options.settings ?? {}, options.baseDir ?? process.cwd());
  const { evaluationIntervalMs, externalLabels, retentionBytes, retentionMs, seriesMax } = settings;
  const files = [...(settings.isShippedRules && existsSync(shippedRules) ? [shippedRules] : []), ...settings.ruleFiles];
  const readRules = (): RuleGroup[] => files.flatMap((file) => readRuleFile(file, evaluationIntervalMs));
  const groups = readRules();
  const store = new SampleStore({
    retentionMs,
    seriesMax,
    ...(directory === undefined ? {} : { directory, retentionBytes }),
  });
  const own = new OwnMetrics();
  const getter = new HttpGetter();
  const topic =
    options.bootstrap === undefined
      ? undefined
      : new MetricsTopic(
          {
            bootstrap: options.bootstrap,
            topic: settings.topic,
            registryUrl: options.registryUrl,
            logger,
            ...(directory !== undefined && { directory }),
          },
          store,
        );
  const metadata = new Map<string, Metadata[]>();
  const queryOptions = { evaluationIntervalMs };
  const alertmanagers = (): string[] => {
    const monitor = options.monitorUrl?.();
    return [...(monitor === undefined ? [] : [monitor]), ...settings.alertmanagers];
  };
  let externalUrl = '';
  const sender = new AlertSender({
    urls: alertmanagers,
    get externalUrl() {
      return externalUrl;
    },
    externalLabels,
    getter,
    logger,
  });
  const engine = new RuleEngine({
    store,
    queryOptions,
    externalLabels,
    get externalUrl() {
      return externalUrl;
    },
    sender,
    tell: (series, timeMs, value) => topic?.tell(series, 'gauge', timeMs, value, 'rule'),
    now: Date.now,
    logger,
  });
  const host: ScrapeHost = {
    store,
    getter,
    sink: { sample: (series, type, timeMs, value) => topic?.tell(series, type, timeMs, value, 'scrape') },
    metadata: (name, told) => remember(metadata, name, told),
    refused: (reason, samples) => own.refused(reason, samples),
    now: Date.now,
  };
  const scraper = new Scraper([...jobsOf(options, settings), ...settings.jobs], host, logger);
  const server = createHttpServer({
    name: 'prometheus',
    ...options.security,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 9090,
    ...(options.allowedHosts !== undefined && { allowedHosts: options.allowedHosts }),
    ...(options.allowedOrigins !== undefined && { allowedOrigins: options.allowedOrigins }),
    logger,
    onError: (error, ctx) => sendError(ctx, error),
    metrics: { part: 'prometheus', collect: (text) => own.write(text, { store, scraper, engine, sender, topic }) },
  });
  const reload = (): void => {
    engine.load(readRules());
    logger.info({ files: files.length }, 'rules were read again');
  };
  const guarded = guardErrors(server);
  addQueryRoutes(guarded, store, queryOptions, own);
  addStatusRoutes(guarded, {
    store,
    version,
    startedMs,
    retention: durationText(retentionMs),
    config: () =>
      stringify({
        global: { scrape_interval: durationText(settings.scrapeIntervalMs) },
        rule_files: files,
        scrape_configs: [...jobsOf(options, settings), ...settings.jobs].map(
          ({ intervalMs, metricsPath, name, scheme }) => ({
            job_name: name,
            scrape_interval: durationText(intervalMs),
            metrics_path: metricsPath,
            scheme,
          }),
        ),
      }),
    flags: {
      'storage.tsdb.retention.time': durationText(retentionMs),
      'query.lookback-delta': '5m',
      'query.max-samples': '50000000',
      'query.timeout': '2m',
    },
    metadata: () => metadata,
  });
  addTargetRoutes(
    guarded,
    () => scraper.targets(),
    () => scraper.dropped(),
  );
  addRuleRoutes(guarded, engine, alertmanagers);
  addRemoteWriteRoute(
    guarded,
    store,
    (series, timeMs, value) => topic?.tell(series, 'untyped', timeMs, value, 'remote-write'),
    own,
  );
  guarded.route(['POST', 'PUT'], '/-/reload', (ctx) => {
    reload();
    ctx.send(200);
  });
  guarded.route('GET', '/health', (ctx) => sendHealth(ctx));
  const address = await server.listen();
  externalUrl = address.url;

  let isClosing = false;
  const watchers = settings.ruleFiles.map((file) =>
    followFile(file, () => {
      try {
        reload();
      } catch (error) {
        logger.warn({ file, reason: (error as Error).message }, 'the rules stay as they were');
      }
    }),
  );
  const cleaner = setInterval(() => store.clean(), cleanMs);
  cleaner.unref();
  const begin = (): void => {
    if (isClosing) return;
    engine.load(groups);
    scraper.start();
    topic?.follow();
  };
  void Promise.resolve(options.startAfter).then(begin, begin);

  function sendHealth(ctx: { sendJson(status: number, value: unknown): void }): void {
    const { samples, series, writeErrors } = store.stats();
    ctx.sendJson(200, { status: 'UP', series, samples, writeErrors, targets: scraper.targets().length });
  }

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      isClosing = true;
      clearInterval(cleaner);
      for (const each of watchers) each();
      engine.close();
      await Promise.all([server.close(), scraper.close(), sender.close()]);
      await topic?.close();
      getter.close();
      store.close();
    })();
    return closed;
  };
  return { ...address, store, rules: engine, close, [Symbol.asyncDispose]: close };
}

/** Routes whose errors have Prometheus' shape. */
function guardErrors(server: ReturnType<typeof createHttpServer>): ReturnType<typeof createHttpServer> {
  return {
    ...server,
    route: (method, path, handler, routeOptions) =>
      server.route(
        method,
        path,
        async (ctx) => {
          try {
            await handler(ctx);
          } catch (error) {
            sendError(ctx, error);
          }
        },
        routeOptions,
      ),
  };
}

function jobsOf(options: PrometheusOptions, settings: ReturnType<typeof readPrometheusSettings>): ScrapeJob[] {
  const { discoveryUrl, parts, partsAuthorization } = options;
  const common = {
    ...jobDefaults,
    intervalMs: settings.scrapeIntervalMs,
    timeoutMs: settings.scrapeTimeoutMs,
    sampleLimit: settings.sampleLimit,
  };
  const jobs: ScrapeJob[] = [];
  if (parts !== undefined)
    jobs.push({
      ...common,
      name: 'headwater',
      ...(partsAuthorization !== undefined && { authorizationFor: partsAuthorization }),
      sources: [{ kind: 'own', groups: parts, refreshMs: 5_000 }],
    });
  if (discoveryUrl !== undefined)
    jobs.push({
      ...common,
      name: 'eureka',
      metricsPath: '/actuator/prometheus',
      otherPath: '/metrics',
      sources: [{ kind: 'eureka', url: discoveryUrl, refreshMs: 5_000 }],
    });
  return jobs;
}

function remember(metadata: Map<string, Metadata[]>, name: string, told: Readonly<Metadata>): void {
  const known = metadata.get(name);
  if (known === undefined) {
    if (metadata.size < metadataMax) metadata.set(name, [{ ...told }]);
  } else Object.assign(known[0]!, told);
}

/** @returns what ends it */
function followFile(file: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  try {
    // The directory: editors put a new file in the old one's place.
    const watcher = watch(join(file, '..'), (_event, name) => {
      if (name !== null && !file.endsWith(name)) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, 200);
    });
    watcher.unref();
    watcher.on('error', () => {});
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch {
    return () => {};
  }
}
