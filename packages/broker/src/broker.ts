import { type Logger, silentLogger } from '@headwater/logger';
import { type AdminServer, startAdminServer } from './admin/admin-server.ts';
import { BrokerError } from './broker-error.ts';
import type { Clock } from './clock/clock.ts';
import { SystemClock } from './clock/system-clock.ts';
import type { Endpoint } from './config/advertised-listeners.ts';
import { BrokerConfig, type ConfigInput } from './config/broker-config.ts';
import { BrokerClock } from './control/broker-clock.ts';
import { type BrokerSetup, closeAll, type RunningBroker, runBroker } from './running-broker.ts';
import { FaultFiles, memoryFiles, nodeFiles, type RecoveryReport } from './storage/index.ts';

export interface BrokerOptions {
  /** Where the log is kept, made when absent. Without it everything is in memory and gone with `close()`. */
  dataDir?: string;
  /** Address to listen on; default 127.0.0.1. Any other than loopback needs `insecure: true`. */
  host?: string;
  /** Default 0: any free port, see `Broker.bootstrap`. */
  port?: number;
  /** Port of the HTTP server with /flow, /health and /metrics; 0 is any, absent is none. */
  adminPort?: number;
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
  /** Time of sessions, retention and time-outs. Default: the machine's, which `broker.clock` can freeze and move. */
  clock?: Clock;
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
  /** Address of the HTTP server, null without `adminPort`. */
  readonly adminUrl: string | null;
  readonly clusterId: string;
  /** What was found in the data directory at the last start, and what was repaired. */
  readonly recovery: RecoveryReport;
  /** The broker's time: freeze it, move it. */
  readonly clock: BrokerClock;
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
    const host = options.host ?? '127.0.0.1';
    checkListener(host, options.insecure ?? false);
    const broker = new BrokerHandle(brokerSetup(options, host, closers), closers);
    await broker.open(options);
    return broker;
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

function brokerSetup(options: BrokerOptions, host: string, closers: (() => unknown)[]): BrokerSetup {
  const { brokerId = 1, clusterId, config = {}, dataDir, logger = silentLogger } = options;
  for (const name of new BrokerConfig(config).unknownNames())
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
    files: new FaultFiles(dataDir === undefined ? memoryFiles() : nodeFiles(), { isPowerKept: true }),
    dir: dataDir ?? '/kafka',
    host,
  };
}

/** What `startBroker` gives: the address stays, what runs behind it may be replaced. */
class BrokerHandle implements Broker {
  readonly clock: BrokerClock;
  readonly #closers: (() => unknown)[];
  #setup: BrokerSetup;
  #running: RunningBroker | null = null;
  #last!: RunningBroker;
  #admin: AdminServer | null = null;
  #endpoint: Endpoint = { host: '', port: 0 };
  /** Starts and stops come one after the other. */
  #work: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(setup: BrokerSetup, closers: (() => unknown)[]) {
    this.#setup = setup;
    this.#closers = closers;
    this.clock = new BrokerClock(setup.clock, async () => this.#running?.context.store.maintain());
    closers.push(() => this.#running?.close());
  }

  async open({ adminPort, dataDir, port = 0 }: BrokerOptions): Promise<void> {
    const { host, logger } = this.#setup;
    await this.#run(port);
    if (adminPort !== undefined) {
      this.#admin = await startAdminServer({ host, port: adminPort, logger, running: () => this.#running });
      this.#closers.push(this.#admin.close);
    }
    this.#endpoint = reachable(this.#last.listening, host);
    const { bootstrap, clusterId } = this;
    logger.info({ bootstrap, clusterId, dataDir: dataDir ?? null }, 'the event store is up');
  }

  get host(): string {
    return this.#endpoint.host;
  }

  get port(): number {
    return this.#endpoint.port;
  }

  get bootstrap(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
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
    await this.#run(this.port);
    this.#setup.logger.info({ bootstrap: this.bootstrap }, 'the event store is up again');
  }

  async #run(port: number): Promise<void> {
    const running = await runBroker(this.#setup, port);
    this.#running = running;
    this.#last = running;
  }
}

function checkListener(host: string, isInsecure: boolean): void {
  if (isInsecure || host === 'localhost' || host === '::1' || host.startsWith('127.')) return;
  const message =
    `The listener on ${host} would be open to everybody who reaches it: this broker has no TLS and no authentication yet. ` +
    'Listen on 127.0.0.1, or pass insecure: true when that is meant.';
  throw new BrokerError('HW_BROKER_INSECURE_LISTENER', message);
}

/** What to dial from this machine when the broker listens on all addresses. */
function reachable({ host, port }: Endpoint, wanted: string): Endpoint {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  if (host === '::') return { host: '::1', port };
  return { host: wanted === 'localhost' ? 'localhost' : host, port };
}
