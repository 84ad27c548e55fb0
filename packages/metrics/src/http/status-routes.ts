import { hostname } from 'node:os';
import type { HttpServer } from '@headwater/http';
import type { Metadata } from '../exposition/parse-exposition.ts';
import type { SampleStore } from '../store/sample-store.ts';
import { sendData } from './answers.ts';

export interface StatusSources {
  store: SampleStore;
  /** The version that clients of Prometheus see: what it can do is that of this one. */
  version: string;
  startedMs: number;
  retention: string;
  /** The configuration as YAML. */
  config(): string;
  flags: Readonly<Record<string, string>>;
  metadata(): ReadonlyMap<string, readonly Metadata[]>;
}

/** Adds what is asked about the server itself, and metadata. */
export function addStatusRoutes(server: HttpServer, sources: StatusSources): void {
  const { flags, startedMs, store, version } = sources;
  server.route('GET', '/api/v1/status/buildinfo', (ctx) =>
    sendData(ctx, {
      version,
      revision: 'headwater',
      branch: 'headwater',
      buildUser: '',
      buildDate: '',
      goVersion: `node ${process.version}`,
    }),
  );
  server.route('GET', '/api/v1/status/runtimeinfo', (ctx) => {
    const { series, writeErrors } = store.stats();
    sendData(ctx, {
      startTime: new Date(startedMs).toISOString(),
      CWD: '',
      reloadConfigSuccess: true,
      lastConfigTime: new Date(startedMs).toISOString(),
      corruptionCount: writeErrors,
      goroutineCount: 1,
      GOMAXPROCS: 1,
      GOGC: '',
      GODEBUG: '',
      storageRetention: sources.retention,
      hostname: hostname(),
      timeSeriesCount: series,
    });
  });
  server.route('GET', '/api/v1/status/config', (ctx) => sendData(ctx, { yaml: sources.config() }));
  server.route('GET', '/api/v1/status/flags', (ctx) => sendData(ctx, flags));
  server.route('GET', '/api/v1/status/tsdb', (ctx) => {
    const { oldestMs, series, samples } = store.stats();
    const limit = Math.min(Number(ctx.query.get('limit') ?? 10) || 10, 1_000);
    sendData(ctx, {
      headStats: {
        numSeries: series,
        numLabelPairs: store.index.labelNames().length,
        chunkCount: samples,
        minTime: Number.isFinite(oldestMs) ? oldestMs : 0,
        maxTime: Date.now(),
      },
      seriesCountByMetricName: store.index.largest('__name__', limit),
      labelValueCountByLabelName: store.index.labelSizes(limit),
      memoryInBytesByLabelName: [],
      seriesCountByLabelValuePair: ['job', 'instance', 'service']
        .flatMap((name) =>
          store.index.largest(name, limit).map((each) => ({ name: `${name}=${each.name}`, value: each.value })),
        )
        .sort((a, b) => b.value - a.value)
        .slice(0, limit),
    });
  });
  server.route('GET', '/api/v1/status/walreplay', (ctx) =>
    sendData(ctx, { min: 0, max: 0, current: 0, state: 'done' }),
  );
  server.route('GET', '/api/v1/metadata', (ctx) => {
    const limit = ctx.query.get('limit');
    const wanted = ctx.query.get('metric');
    const data: Record<string, readonly Metadata[]> = {};
    let left = limit === null || limit === '' ? Number.POSITIVE_INFINITY : Number(limit);
    for (const [name, entries] of sources.metadata()) {
      if (wanted !== null && wanted !== '' && name !== wanted) continue;
      if (left-- <= 0) break;
      data[name] = entries;
    }
    sendData(ctx, data);
  });
  const ready = (text: string) => (ctx: { send(status: number, body: string): void }) => ctx.send(200, text);
  server.route('GET', '/-/ready', ready('Prometheus Server is Ready.\n'));
  server.route('GET', '/-/healthy', ready('Prometheus Server is Healthy.\n'));
}
