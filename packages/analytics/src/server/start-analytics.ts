import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { createHttpServer, type HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { createCluster, isCluster, removeHalfMade } from '../engine/create-cluster.ts';
import { type OpenEngine, openEngine } from '../engine/engine.ts';
import { Database } from '../session/database.ts';
import type { DatabaseLimits } from '../session/database-limits.ts';
import { writeAnalyticsMetrics } from './analytics-metrics.ts';
import { ClientConnection } from './client-connection.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { answerFlow, DatabaseFlow } from './database-flow.ts';
import { checkDatabaseName, directoryName } from './database-name.ts';
import { ScramUsers } from './scram.ts';

export interface AnalyticsOptions {
  /** Where databases are kept, one directory each. */
  dataDir: string;
  /** Default 127.0.0.1. */
  host?: string | undefined;
  /** Default 0: the system chooses. */
  port?: number | undefined;
  /** Databases that run at the same time. Default 8. */
  databasesMax?: number | undefined;
  /** Connections at the same time; one more is refused (53300). Default 100, as in PostgreSQL. */
  connectionsMax?: number | undefined;
  /** A database is stopped after this time without a query. 0: never. Default 5 minutes. */
  idleMs?: number | undefined;
  /** A client that begins a transaction and then says nothing for this long, or while others wait does not read its result, is disconnected. Default 30 s. */
  idleInTransactionMs?: number | undefined;
  /** How long a query waits for its turn. Default 60 s. */
  waitMs?: number | undefined;
  /** Largest message, such as a row of COPY or the parameters of one INSERT. Default 64 MiB. */
  maxMessageBytes?: number | undefined;
  /** True: a commit waits until the disk has it, as in PostgreSQL. Default false: a commit outlives the process, not a power cut. */
  fsync?: boolean | undefined;
  /** A certificate and its key, PEM: connections without TLS are then refused. Default: no TLS. */
  tls?: { certificate: string; key: string } | undefined;
  /** Who may come: the password of a user (SCRAM-SHA-256); undefined for one that there is not. Default: everybody who reaches the port. */
  passwordOf?: ((user: string) => string | undefined) | undefined;
  /** Port of the HTTP server with /health, /metrics and /flow; 0: the system chooses. Default: none. */
  adminPort?: number | undefined;
  adminSecurity?: HttpSecurity | undefined;
  logger?: Logger | undefined;
  /** Starts PostgreSQL: another one in tests. */
  openEngine?: OpenEngine | undefined;
}

export interface AnalyticsServer {
  readonly host: string;
  readonly port: number;
  /** `postgres://headwater@HOST:PORT/headwater`. */
  readonly url: string;
  /** Databases whose PostgreSQL runs now: who only wants to look need not start one. */
  readonly runningDatabases: readonly string[];
  /** Of /health, /metrics and /flow; null: there is none. */
  readonly adminUrl: string | null;
  /** Ends queries, then PostgreSQL with a checkpoint. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts an analytics store: PostgreSQL on its own wire protocol, without installing it. It listens at once; PostgreSQL itself is started when the first
 * client comes.
 *
 * @throws AnalyticsError HW_ANALYTICS_DATA_DIR_IN_USE
 */
export async function startAnalytics(options: AnalyticsOptions): Promise<AnalyticsServer> {
  const { dataDir, host = '127.0.0.1', logger = silentLogger } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDataDir(dataDir);
  removeHalfMade(dataDir);
  const limits: DatabaseLimits = {
    waitMsMax: options.waitMs ?? 60_000,
    idleInTransactionMsMax: options.idleInTransactionMs ?? 30_000,
    idleMsMax: options.idleMs ?? 5 * 60_000,
    waitingMax: 1_000,
  };
  const open = options.openEngine ?? openEngine;
  const databases = new Map<string, Database>();
  const made = new Map<string, Promise<void>>();
  const connections = new Set<ClientConnection>();
  /** Those of them that have said who they are: a cancellation, too, is a connection, and is taken when there is room for no other. */
  const admitted = new Set<ClientConnection>();
  const connectionsMax = options.connectionsMax ?? 100;
  const closing = new AbortController();
  const flow = new DatabaseFlow();
  let lastId = 0;

  const ensureCluster = async (name: string, directory: string): Promise<void> => {
    if (isCluster(directory)) return;
    let making = made.get(name);
    if (making === undefined) {
      logger.info({ database: name }, 'makes a new database');
      making = createCluster(directory, name, {
        isSynced: options.fsync ?? false,
        signal: closing.signal,
      }).finally(() => made.delete(name));
      made.set(name, making);
    }
    await making;
  };

  const createDatabase = async (name: string): Promise<void> => {
    checkDatabaseName(name);
    const directory = join(dataDir, directoryName(name));
    if (isCluster(directory) || databases.has(name)) {
      throw Object.assign(new Error(`database "${name}" already exists`), { sqlState: '42P04' });
    }
    await ensureCluster(name, directory);
  };

  const dropDatabase = async (name: string, isForced: boolean): Promise<void> => {
    checkDatabaseName(name);
    const directory = join(dataDir, directoryName(name));
    const known = databases.get(name);
    if (known !== undefined && known.sessions.size > 0 && !isForced) {
      throw Object.assign(new Error(`database "${name}" is being accessed by other users`), { sqlState: '55006' });
    }
    if (!isCluster(directory)) {
      throw Object.assign(new Error(`database "${name}" does not exist`), { sqlState: '3D000' });
    }
    databases.delete(name);
    await known?.close();
    flow.forget(name);
    // Moved first: a crash leaves it whole or gone.
    const old = join(dataDir, `.old-${directoryName(name)}`);
    rmSync(old, { recursive: true, force: true });
    renameSync(directory, old);
    rmSync(old, { recursive: true, force: true });
  };

  const database = async (name: string): Promise<Database> => {
    checkDatabaseName(name);
    const known = databases.get(name);
    if (known !== undefined) return known;
    if (databases.size >= (options.databasesMax ?? 8)) {
      throw Object.assign(new Error(`${databases.size} databases are in use, and no more are run at the same time`), {
        sqlState: '53300',
      });
    }
    const directory = join(dataDir, directoryName(name));
    const found = new Database(
      name,
      async () => {
        await ensureCluster(name, directory);
        return await open({ directory, database: name, isSynced: options.fsync ?? false });
      },
      { create: createDatabase, drop: dropDatabase },
      limits,
      logger,
    );
    found.onStatement = (session) => flow.noteStatement(name, session);
    databases.set(name, found);
    return found;
  };

  const tls =
    options.tls === undefined
      ? undefined
      : createSecureContext({ cert: options.tls.certificate, key: options.tls.key, minVersion: 'TLSv1.2' });
  const users = options.passwordOf === undefined ? undefined : new ScramUsers(options.passwordOf);
  const server = createServer((socket: Socket) => {
    const connection = new ClientConnection(socket, {
      limits: {
        messageBytesMax: options.maxMessageBytes ?? 64 << 20,
        statementsMax: 1_000,
        statementBytesMax: 8 << 20,
      },
      nextId: () => ++lastId,
      admit(client) {
        if (admitted.size >= connectionsMax) return false;
        admitted.add(client);
        return true;
      },
      tls,
      users,
      database,
      cancel(id, secret) {
        for (const each of databases.values()) {
          const session = each.sessions.get(id);
          if (session?.secret === secret) void each.cancel(session);
        }
      },
    });
    connections.add(connection);
    socket.once('close', () => {
      connections.delete(connection);
      admitted.delete(connection);
    });
  });
  // More than may have a session, so that they are told.
  server.maxConnections = connectionsMax + 100;
  const listenAdmin = async (adminPort: number): Promise<{ url: string; close(): Promise<void> }> => {
    const http = createHttpServer({
      name: 'postgres',
      ...options.adminSecurity,
      host,
      port: adminPort,
      logger,
      metrics: {
        part: 'postgres',
        collect: (text) => writeAnalyticsMetrics(text, connections.size, [...databases.values()]),
      },
    });
    http.route('GET', '/health', (ctx) => ctx.sendJson(200, { status: 'UP', databases: [...databases.keys()] }));
    http.route('GET', '/flow', (ctx) =>
      answerFlow(ctx, () => ({
        at: Date.now(),
        clients: flow.clients,
        databases: [...databases.values()].map((each) => ({
          database: each.name,
          isRunning: each.isRunning,
          sessions: each.sessions.size,
        })),
        droppedEntries: flow.droppedEntries,
      })),
    );
    const { url } = await http.listen();
    return { url, close: () => http.close() };
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, host, resolve);
    });
  } catch (error) {
    unlock();
    throw error;
  }
  const admin = options.adminPort === undefined ? null : await listenAdmin(options.adminPort);
  const { port } = server.address() as { port: number };
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    await admin?.close();
    const listening = new Promise<void>((resolve) => server.close(() => resolve()));
    await Promise.all([...databases.values()].map((each) => each.close()));
    for (const connection of connections) connection.destroy();
    await listening;
    await Promise.allSettled(made.values());
    unlock();
  };
  return {
    host,
    port,
    url: `postgres://headwater@${host.includes(':') ? `[${host}]` : host}:${port}/headwater`,
    get runningDatabases() {
      return [...databases.values()].filter(({ isRunning }) => isRunning).map(({ name }) => name);
    },
    adminUrl: admin?.url ?? null,
    close: () => (closed ??= close()),
    [Symbol.asyncDispose]: () => (closed ??= close()),
  };
}
