import { Readable } from 'node:stream';
import type { HttpSecurity } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import type { AdminServer } from './admin/admin-server.ts';
import { BrokerError } from './broker-error.ts';
import type { Clock } from './clock/clock.ts';
import { SystemClock } from './clock/system-clock.ts';
import { BrokerConfig, type ConfigInput } from './config/broker-config.ts';
import {
  type BrokerOauthOptions,
  type BrokerTlsOptions,
  brokerListeners,
  isLoopback,
  type ListenerOptions,
  oauthConfig,
  tlsConfig,
} from './config/broker-listeners.ts';
import type { Endpoint, SecurityProtocol } from './config/listeners.ts';
import { BrokerClock } from './control/broker-clock.ts';
import { type FencedProducer, fenceProducer } from './control/fence-producer.ts';
import { BrokerFaults } from './faults/broker-faults.ts';
import { type BrokerSetup, closeAll, type RunningBroker, runBroker } from './running-broker.ts';
import { type DevelopmentTls, developmentTls } from './security/tls/development-tls.ts';
import { restoreSnapshot, type SnapshotSource } from './snapshot/read-snapshot.ts';
import { replacement } from './snapshot/replacement.ts';
import { saveSnapshot } from './snapshot/save-snapshot.ts';
import { snapshotChunks } from './snapshot/write-snapshot.ts';
import { FaultFiles, memoryFiles, nodeFiles, type RecoveryReport } from './storage/index.ts';

export interface BrokerOptions {
  /** Where the log is kept, made when absent. Without it everything is in memory and gone with `close()`. */
  dataDir?: string;
  /** Address to listen on; default 127.0.0.1. Any other than loopback needs TLS and authentication, or `insecure: true`. */
  host?: string;
  /** Default 0: any free port, see `Broker.bootstrap`. */
  port?: number;
  /** Several addresses, each with a protocol of its own; instead of `host` and `port`. */
  listeners?: readonly ListenerOptions[];
  /**
   * TLS. `true` makes a certificate for development and its authority, see `Broker.tls`; production has one of its own. The `ssl.*`
   * settings of Kafka in `config` do it too, and win.
   */
  tls?: boolean | BrokerTlsOptions;
  /**
   * Passwords by user, for SASL with PLAIN and SCRAM: clients have to log in then. Further users are made while the broker runs, by
   * `kafka-configs --entity-type users` (SCRAM only).
   */
  users?: Readonly<Record<string, string>>;
  /** Whose tokens are taken, for SASL with OAUTHBEARER. */
  oauth?: BrokerOauthOptions;
  /** Port of the HTTP server with /flow, /health and /metrics; 0 is any, absent is none. */
  adminPort?: number;
  /**
   * Whether that HTTP server lets whoever reaches it move the clock, inject faults, stop the broker and replace its state: for tests in
   * other processes and languages. Default false.
   */
  adminControl?: boolean;
  /** TLS of that HTTP server, and who may call it. Default: neither, and then it is on loopback only. */
  adminSecurity?: HttpSecurity;
  /** Kafka's broker settings by their names: `{ 'num.partitions': 3, 'auto.create.topics.enable': false }`. */
  config?: ConfigInput;
  /** 22 characters of base64url. Default: the one in the data directory, or a new one. */
  clusterId?: string;
  /** Default 1. */
  brokerId?: number;
  /** Without TLS and authentication everybody who reaches the port may read and write everything: say that this is meant. */
  insecure?: boolean;
  /** Default: silent. */
  logger?: Logger;
  /**
   * State to begin with: a file that `broker.snapshot` wrote, its bytes, or a stream of them. A data directory must be empty then.
   * With `snapshot` come the cluster id, topics, records, groups, offsets, transactions, ACLs and settings changed while it ran.
   */
  snapshot?: SnapshotSource;
  /** Time of sessions, retention and time-outs. Default: the machine's, which `broker.clock` can freeze and move. */
  clock?: Clock;
}

/** One address of a broker that runs. */
export interface BrokerListener {
  readonly name: string;
  readonly protocol: SecurityProtocol;
  readonly host: string;
  readonly port: number;
  /** `host:port` for `bootstrap.servers`. */
  readonly bootstrap: string;
}

export interface StopOptions {
  /** As a SIGKILL leaves it: requests under way are not answered, nothing is tidied, the next start recovers. Default false. */
  crash?: boolean;
}

export interface Broker extends AsyncDisposable {
  /** `host:port` for a client's `bootstrap.servers`; stays the same over `restart`. */
  readonly bootstrap: string;
  readonly host: string;
  readonly port: number;
  /** All addresses; `bootstrap` is the first one's. */
  readonly listeners: readonly BrokerListener[];
  /** The authority that `tls: true` made: what clients are to trust, and where certificates for clients come from. Else null. */
  readonly tls: Pick<DevelopmentTls, 'ca' | 'caFile'> | null;
  /** Address of the HTTP server, null without `adminPort`. */
  readonly adminUrl: string | null;
  readonly clusterId: string;
  /** What was found in the data directory at the last start, and what was repaired. */
  readonly recovery: RecoveryReport;
  /** The broker's time: freeze it, move it. */
  readonly clock: BrokerClock;
  /** Faults on purpose: latency, lost connections, errors, a full disk. */
  readonly faults: BrokerFaults;
  /**
   * Makes the members of a group join again, as when one comes or goes.
   *
   * @throws BrokerError HW_BROKER_CONTROL when there is no such group with members
   */
  rebalance(groupId: string): void;
  /**
   * All state as it is now, as one file: topics, records, groups and their offsets, transactions, ACLs, settings. Clients may go on
   * writing; what they write from now on is not in it. Gzipped when the path ends in `.gz`; without a path, the bytes.
   *
   * @throws BrokerError HW_BROKER_SNAPSHOT, HW_BROKER_CONTROL
   */
  snapshot(path: string): Promise<void>;
  snapshot(): Promise<Buffer>;
  /** The same as a stream of bytes: however large, it takes little memory. */
  snapshotStream(): Readable;
  /**
   * Stops the broker, puts the snapshot in the place of all that it holds, and starts it again at the same address. When the snapshot
   * cannot be read, nothing has changed.
   *
   * @throws BrokerError HW_BROKER_SNAPSHOT
   */
  restore(snapshot: SnapshotSource): Promise<void>;
  /**
   * Puts a producer out, as another one of its transactional.id would: what it sends next is refused, and its transaction is aborted.
   *
   * @throws BrokerError HW_BROKER_CONTROL when there is no such producer
   */
  fence(producer: FencedProducer): Promise<void>;
  /** Stops listening and closes all connections; topics, groups and offsets are kept (in memory too) for `start`. */
  stop(options?: StopOptions): Promise<void>;
  /** After `stop`: the same broker at the same address. @throws BrokerError HW_BROKER_LISTEN when the port was taken meanwhile */
  start(): Promise<void>;
  /** `stop` and `start`. */
  restart(options?: StopOptions): Promise<void>;
  /** Answers who waits, closes connections and files. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a Kafka broker in this process.
 *
 * @example
 * const broker = await startBroker();
 * // any Kafka client: bootstrap.servers = broker.bootstrap
 * await broker.close();
 *
 * @throws BrokerError HW_BROKER_CONFIG, HW_BROKER_LISTEN, HW_BROKER_INSECURE_LISTENER
 * @throws StorageError HW_BROKER_DATA_DIR_LOCKED, HW_BROKER_DATA_DIR_UNREADABLE, HW_BROKER_STORAGE_IO
 */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const closers: (() => unknown)[] = [];
  try {
    const tls = options.tls === true ? developmentTls(options.dataDir, certificateHosts(options)) : null;
    if (tls !== null) closers.push(tls.remove);
    const broker = new BrokerHandle(brokerSetup(options, tls, closers), tls, closers);
    await broker.open(options);
    return broker;
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

function brokerSetup(options: BrokerOptions, tls: DevelopmentTls | null, closers: (() => unknown)[]): BrokerSetup {
  const { brokerId = 1, clusterId, dataDir, logger = silentLogger } = options;
  const config = { ...tls?.config, ...tlsConfig(options), ...oauthConfig(options), ...options.config };
  const checked = new BrokerConfig(config);
  const users = new Map(Object.entries(options.users ?? {}));
  const listeners = brokerListeners(options, checked, options.users !== undefined || options.oauth !== undefined);
  for (const name of checked.unknownNames())
    logger.warn({ name }, 'a setting that this broker does not know is ignored');
  const systemClock = (): Clock => {
    const clock = new SystemClock((error) => logger.error({ error }, 'a timer failed'));
    closers.push(() => clock.close());
    return clock;
  };
  const clock = options.clock ?? systemClock();
  return {
    brokerId,
    clusterId,
    config,
    clock,
    networkClock: options.clock ?? systemClock(),
    logger,
    faults: new BrokerFaults(clock),
    files: new FaultFiles(dataDir === undefined ? memoryFiles() : nodeFiles(), { isPowerKept: true }),
    dir: dataDir ?? '/kafka',
    listeners,
    users,
  };
}

/** What `startBroker` gives: the address stays, what runs behind it may be replaced. */
class BrokerHandle implements Broker {
  readonly clock: BrokerClock;
  readonly tls: Pick<DevelopmentTls, 'ca' | 'caFile'> | null;
  readonly faults: BrokerFaults;
  readonly #closers: (() => unknown)[];
  #setup: BrokerSetup;
  #isOnDisk = false;
  #running: RunningBroker | null = null;
  #last!: RunningBroker;
  #admin: AdminServer | null = null;
  /** Starts and stops come one after the other. */
  #work: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(setup: BrokerSetup, tls: DevelopmentTls | null, closers: (() => unknown)[]) {
    this.#setup = setup;
    this.tls = tls;
    this.#closers = closers;
    this.faults = setup.faults;
    this.clock = new BrokerClock(setup.clock, async () => this.#running?.context.store.maintain());
    closers.push(() => this.#running?.close());
  }

  async open({
    adminControl = false,
    adminPort,
    adminSecurity = {},
    dataDir,
    insecure = false,
    snapshot,
  }: BrokerOptions): Promise<void> {
    const { dir, files, logger } = this.#setup;
    this.#isOnDisk = dataDir !== undefined;
    if (snapshot !== undefined) await restoreSnapshot(files, dir, snapshot);
    await this.#run();
    if (adminPort !== undefined) {
      const { host } = this.#setup.listeners[0]!;
      // Without a login on it, it leaves this machine only when that is meant.
      const isGuarded = adminSecurity.authenticate !== undefined && adminSecurity.tls !== undefined;
      const adminHost = isGuarded || insecure || isLoopback(host) ? host : '127.0.0.1';
      const running = () => this.#running;
      // Loaded where it is wanted: with HTTP a broker takes 10 MB more.
      const { startAdminServer } = await import('./admin/admin-server.ts');
      this.#admin = await startAdminServer({
        host: adminHost,
        port: adminPort,
        logger,
        running,
        broker: this,
        isControlled: adminControl,
        security: adminSecurity,
      });
      this.#closers.push(this.#admin.close);
    }
    const { bootstrap, clusterId } = this;
    const listeners = this.listeners.map((listener) => `${listener.name} ${listener.bootstrap}`);
    const ca = this.tls === null ? {} : { ca: this.tls.caFile };
    logger.info({ bootstrap, listeners, ...ca, clusterId, dataDir: dataDir ?? null }, 'the event store is up');
  }

  get listeners(): readonly BrokerListener[] {
    return this.#setup.listeners.map(({ name, protocol, ...wanted }, index) => {
      const { host, port } = reachable(this.#last.server.listeners[index]!.bound, wanted.host);
      const bootstrap = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
      return { name, protocol, host, port, bootstrap };
    });
  }

  get host(): string {
    return this.listeners[0]!.host;
  }

  get port(): number {
    return this.listeners[0]!.port;
  }

  get bootstrap(): string {
    return this.listeners[0]!.bootstrap;
  }

  get adminUrl(): string | null {
    return this.#admin?.url ?? null;
  }

  get clusterId(): string {
    return this.#last.context.clusterId;
  }

  get recovery(): RecoveryReport {
    return this.#last.context.store.recovery;
  }

  rebalance(groupId: string): void {
    if (this.#up().context.groups.forceRebalance(groupId)) return;
    const message = `There is no group ${groupId} with members. Wait until a consumer has joined it.`;
    throw new BrokerError('HW_BROKER_CONTROL', message);
  }

  async fence(producer: FencedProducer): Promise<void> {
    await fenceProducer(this.#up().context, producer);
  }

  async snapshot(path: string): Promise<void>;
  async snapshot(): Promise<Buffer>;
  // biome-ignore lint/suspicious/noConfusingVoidType: the two signatures above are what callers see.
  async snapshot(path?: string): Promise<Buffer | void> {
    const chunks = this.#snapshotChunks();
    if (path !== undefined) return saveSnapshot(chunks, path);
    const parts: Buffer[] = [];
    for await (const part of chunks) parts.push(part);
    return Buffer.concat(parts);
  }

  snapshotStream(): Readable {
    return Readable.from(this.#snapshotChunks(), { objectMode: false });
  }

  #snapshotChunks(): AsyncGenerator<Buffer> {
    const { clock, clusterId, store } = this.#up().context;
    return snapshotChunks(store, clusterId, clock.now());
  }

  restore(snapshot: SnapshotSource): Promise<void> {
    return this.#inTurn(async () => {
      const place = await replacement(this.#setup.files.inner, this.#setup.dir, this.#isOnDisk, snapshot);
      await this.#stop({});
      try {
        await place.swap();
        this.#setup = { ...this.#setup, files: new FaultFiles(place.files, { isPowerKept: true }) };
        await this.#start();
      } catch (error) {
        await place.swapBack();
        this.#setup = { ...this.#setup, files: new FaultFiles(place.before, { isPowerKept: true }) };
        await this.#start();
        throw error;
      }
      await place.forgetBefore();
    });
  }

  stop(options: StopOptions = {}): Promise<void> {
    return this.#inTurn(() => this.#stop(options));
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  restart(options: StopOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop(options);
      await this.#start();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#work.then(() => closeAll(this.#closers));
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #up(): RunningBroker {
    if (this.#running !== null) return this.#running;
    throw new BrokerError('HW_BROKER_CONTROL', 'The broker is stopped: start it again first.');
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    if (this.#closing !== null) {
      return Promise.reject(new BrokerError('HW_BROKER_CLOSED', 'The broker is closed: start another one.'));
    }
    const done = this.#work.then(step);
    this.#work = done.catch(() => {});
    return done;
  }

  async #stop({ crash = false }: StopOptions): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    this.#setup.logger.info({ bootstrap: this.bootstrap, crash }, 'the event store stops');
    if (crash) await running.crash();
    else await running.close();
  }

  async #start(): Promise<void> {
    if (this.#running !== null) return;
    // A disk that has crashed stays so; what it wrote is there.
    this.#setup = { ...this.#setup, files: new FaultFiles(this.#setup.files.inner, { isPowerKept: true }) };
    await this.#run();
    this.#setup.logger.info({ bootstrap: this.bootstrap }, 'the event store is up again');
  }

  async #run(): Promise<void> {
    const running = await runBroker(this.#setup);
    this.#running = running;
    this.#last = running;
    // Started again, it listens where it did.
    const listeners = this.#setup.listeners.map((listener, index) => {
      const { port } = running.server.listeners[index]!.bound;
      return { ...listener, port };
    });
    this.#setup = { ...this.#setup, listeners };
  }
}

/** Names that clients may dial, for the certificate. */
function certificateHosts({ host, listeners = [] }: BrokerOptions): string[] {
  const advertised = listeners.map((listener) => listener.advertised?.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
  return [host, ...listeners.map((listener) => listener.host), ...advertised].filter((name) => name !== undefined);
}

/** What to dial from this machine when the broker listens on all addresses. */
function reachable({ host, port }: Endpoint, wanted: string): Endpoint {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  if (host === '::') return { host: '::1', port };
  return { host: wanted === 'localhost' ? 'localhost' : host, port };
}
