import { silentLogger } from '@headwater/logger';
import { ManualClock } from '../../src/clock/manual-clock.ts';
import { SystemClock } from '../../src/clock/system-clock.ts';
import { BrokerConfig, type ConfigInput } from '../../src/config/broker-config.ts';
import { brokerListeners } from '../../src/config/broker-listeners.ts';
import { BrokerFaults } from '../../src/faults/broker-faults.ts';
import { type RunningBroker, runBroker } from '../../src/running-broker.ts';
import { FaultFiles } from '../../src/storage/files/fault-files.ts';
import { PowerLossDisk } from '../../src/storage/testing/power-loss-disk.ts';
import type { SeededRandom } from '../../src/storage/testing/seeded-random.ts';
import { RawClient } from '../raw-client.ts';

/** A whole broker on a disk that can fail and a clock that is moved: it is killed, loses its power and comes back in this process. */
export class SimulatedBroker {
  readonly disk = new PowerLossDisk();
  /** Begins now, since tests stamp their records with the machine's time. */
  readonly clock = new ManualClock(Date.now());
  files = new FaultFiles(this.disk);
  running!: RunningBroker;
  readonly #config: ConfigInput;
  /** Of sockets, which are real: their time is the machine's. */
  readonly #networkClock = new SystemClock(() => {});
  readonly #clients: RawClient[] = [];

  private constructor(config: ConfigInput) {
    this.#config = config;
  }

  static async start(config: ConfigInput = {}): Promise<SimulatedBroker> {
    const broker = new SimulatedBroker(config);
    await broker.#open();
    return broker;
  }

  async client(): Promise<RawClient> {
    const { host, port } = this.running.server.listeners[0]!.bound;
    const client = await RawClient.connect({ host, port });
    this.#clients.push(client);
    return client;
  }

  /** In order: all is synced. */
  async restart(): Promise<void> {
    await this.running.close();
    await this.#open();
  }

  /** As SIGKILL leaves it: what was written is there. */
  async kill(): Promise<void> {
    await this.running.crash();
    await this.#open();
  }

  /** What was not synced is gone, or some of it. */
  async losePower(random: SeededRandom | null = null): Promise<void> {
    await this.running.crash();
    if (random === null) this.disk.losePower();
    else this.disk.powerCut(random);
    await this.#open();
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.running.close().catch(() => {});
    this.#networkClock.close();
  }

  async #open(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    this.files = new FaultFiles(this.disk, { isPowerKept: true });
    this.running = await runBroker({
      brokerId: 1,
      clusterId: undefined,
      config: this.#config,
      clock: this.clock,
      networkClock: this.#networkClock,
      logger: silentLogger,
      faults: new BrokerFaults(this.clock),
      files: this.files,
      dir: '/kafka',
      listeners: brokerListeners({}, new BrokerConfig(this.#config), false),
      users: new Map(),
    });
  }
}
