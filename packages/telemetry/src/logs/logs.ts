import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import type { FileTailer, TailedFiles } from './files/file-tailer.ts';
import { LogCounters } from './log-counters.ts';
import { LogIntake } from './log-intake.ts';
import { LogListener } from './log-listener.ts';
import { indexerMetrics, intakeMetrics } from './log-metrics.ts';
import { addLogRoutes } from './log-routes.ts';
import { LogWriter } from './log-writer.ts';
import type { LogIndexer, LogIndexerOptions } from './store/log-indexer.ts';
import type { SyslogListener } from './syslog/syslog-listener.ts';

export interface LogsOptions {
  /** The event store: what comes in is kept there. */
  bootstrap: string;
  /** A schema registry: it gets the schema of the topic's values. Default: none is asked. */
  registryUrl?: string | undefined;
  /** A query store (Elasticsearch's API): lines are indexed there by day, in the background. Default: they are on the log only. */
  searchUrl?: string | undefined;
  index?: Pick<LogIndexerOptions, 'groupId' | 'daysMax' | 'documentsMax' | 'selfServices' | 'pipeline'>;
  /** Default 127.0.0.1. */
  host?: string;
  /** Of lines, Beats and HTTP. Default 5044; 0 lets the system choose. */
  port?: number;
  /** Of syslog, TCP and UDP; with TLS only TCP. 0 lets the system choose. Default: no syslog. */
  syslogPort?: number | undefined;
  /** Read as they grow. Default: none. */
  files?: readonly TailedFiles[];
  /** Where it is kept how far they have been read. Default `headwater-logs-places.json`. */
  placesFile?: string;
  /** Default `headwater-logs`. */
  topic?: string;
  /** Of the topic, where it is made. Default 3. */
  partitions?: number;
  /** How long lines are kept on the log, where the topic is made. Default 7 days. */
  retentionMs?: number;
  /** Of lines that name none. Default `unknown`. */
  service?: string;
  /** Of a line; the rest of a longer one is cut. Default 1 MiB. */
  lineBytesMax?: number;
  /** Default 2,000. */
  connectionsMax?: number;
  /** Taken and not on the log yet; beyond it senders wait, or are told to. Default 32 MiB. */
  queueBytesMax?: number;
  /** Largest body over HTTP, before and after inflating. Default 10 MiB. */
  maxBodyBytes?: number;
  allowedHosts?: readonly string[];
  allowedOrigins?: readonly string[];
  /**
   * TLS, and who may call. Lines and Beats have no login: where HTTP asks for one they need a certificate of `tls.clientCa`.
   * Default: neither.
   */
  security?: HttpSecurity;
  logger?: Logger;
}

export interface Logs {
  /** Of HTTP. */
  readonly url: string;
  /** `host:port`, as senders of lines and Beats are told. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly syslogPort?: number;
  /** May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a receiver of log lines: JSON or text over TCP (Logback's Logstash appender, pino, anything that writes lines), Beats and Logstash
 * (Lumberjack), HTTP; all on one port. Each line is a record of the topic `headwater-logs`.
 *
 * @example
 * await using logs = await startLogs({ bootstrap: '127.0.0.1:9092', port: 0 });
 * await fetch(logs.url, { method: 'POST', body: '{"service":"orders","level":"info","message":"paid"}' });
 */
export async function startLogs(options: LogsOptions): Promise<Logs> {
  const { bootstrap, logger = silentLogger, retentionMs = 7 * 86_400_000, security = {} } = options;
  const { topic = 'headwater-logs' } = options;
  const counters = new LogCounters();
  const writer = new LogWriter({
    bootstrap,
    topic,
    partitions: options.partitions ?? 3,
    retentionMs,
    queueBytesMax: options.queueBytesMax ?? 32 * 1024 * 1024,
    pastMsMax: retentionMs,
    ...(options.registryUrl !== undefined && { registryUrl: options.registryUrl }),
    counters,
    logger,
  });
  const intake = new LogIntake({
    writer,
    counters,
    service: options.service ?? 'unknown',
    lineBytesMax: options.lineBytesMax ?? 1024 * 1024,
  });
  let indexer: LogIndexer | undefined;
  let syslog: SyslogListener | undefined;
  let tailer: FileTailer | undefined;
  const server = createHttpServer({
    name: 'logs',
    ...security,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 5044,
    maxBodyBytes: options.maxBodyBytes ?? 10 * 1024 * 1024,
    maxConnections: (options.connectionsMax ?? 2_000) + 100,
    ...(options.allowedHosts !== undefined && { allowedHosts: options.allowedHosts }),
    ...(options.allowedOrigins !== undefined && { allowedOrigins: options.allowedOrigins }),
    logger,
  });
  const listener = new LogListener({
    server,
    isTls: security.tls !== undefined,
    needsCertificate: security.authenticate !== undefined,
    connectionsMax: options.connectionsMax ?? 2_000,
    intake,
    logger,
  });
  addLogRoutes(server, {
    intake,
    health: () => ({
      connections: listener.connections.size,
      ...(syslog !== undefined && { syslogPort: syslog.port }),
      ...(indexer !== undefined && { index: { error: indexer.error ?? null, lagRecords: indexer.lagRecords } }),
    }),
    metrics: () => [
      ...intakeMetrics(counters, {
        queuedBytes: writer.queuedBytes,
        connections: listener.connections.size + (syslog?.connections.size ?? 0),
        refusedConnections: listener.refused,
      }),
      ...(indexer === undefined ? [] : indexerMetrics(indexer)),
    ],
  });
  if (options.syslogPort !== undefined) {
    const { SyslogListener } = await import('./syslog/syslog-listener.ts');
    syslog = new SyslogListener({
      host: options.host ?? '127.0.0.1',
      port: options.syslogPort,
      security,
      connectionsMax: options.connectionsMax ?? 2_000,
      intake,
      logger,
    });
    await syslog.listen().catch((error: unknown) => writer.close().then(() => Promise.reject(error)));
  }
  const { host, port, url } = await server.listen();
  // In the background: lines may come before the event store is there.
  const { files = [], placesFile } = options;
  if (files.length > 0) {
    const { FileTailer } = await import('./files/file-tailer.ts');
    tailer = new FileTailer({ files, placesFile: placesFile ?? 'headwater-logs-places.json', intake, logger });
    tailer.start();
  }
  let isClosing = false;
  void writer
    .prepare()
    .then(async () => {
      const { index, searchUrl } = options;
      if (searchUrl === undefined || isClosing) return;
      const { LogIndexer } = await import('./store/log-indexer.ts');
      if (isClosing) return;
      indexer = new LogIndexer({ bootstrap, topic, searchUrl, ...index, logger });
      indexer.start();
    })
    .catch((error: unknown) => logger.error({ reason: (error as Error).message }, 'logs are not indexed'));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      isClosing = true;
      const served = server.close();
      listener.close();
      await syslog?.close();
      await Promise.all([served, tailer?.close(), writer.close(), indexer?.close()]);
    })();
    return closed;
  };
  return {
    url,
    host,
    port,
    ...(syslog !== undefined && { syslogPort: syslog.port }),
    address: url.replace(/^https?:\/\//, ''),
    close,
    [Symbol.asyncDispose]: close,
  };
}
