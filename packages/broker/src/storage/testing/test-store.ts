import { FaultFiles } from '../files/fault-files.ts';
import type { Files } from '../files/files.ts';
import { memoryFiles } from '../files/memory-files.ts';
import { openLogStore } from '../log-store.ts';
import type { LogStore, PartitionLog } from '../types.ts';
import { TestClock } from './test-clock.ts';

/** A store on a disk in memory that can fail, be killed and be opened again. */
export class TestStore {
  readonly clock = new TestClock();
  readonly disk: Files;
  readonly #config: Record<string, string | number>;
  files: FaultFiles;
  store!: LogStore;

  private constructor(config: Record<string, string | number>, disk: Files) {
    this.#config = config;
    this.disk = disk;
    this.files = new FaultFiles(disk);
  }

  static async open(config: Record<string, string | number> = {}, disk: Files = memoryFiles()): Promise<TestStore> {
    const opened = new TestStore(config, disk);
    await opened.#open();
    return opened;
  }

  /** A topic `t` with one partition, which is returned. */
  topic(configs: Record<string, string> = {}, name = 't'): PartitionLog {
    this.store.createTopic({ name, partitions: 1, configs });
    return this.store.partition(name, 0)!;
  }

  log(name = 't', index = 0): PartitionLog {
    return this.store.partition(name, index)!;
  }

  async restart(): Promise<PartitionLog> {
    await this.store.close();
    await this.#open();
    return this.log();
  }

  /** As after kill -9: what was written is there, nothing was closed. */
  async kill(): Promise<PartitionLog> {
    this.files.hasCrashed = true;
    this.disk.lock = () => ({ stalePid: 4711, release() {} });
    await this.#open();
    return this.log();
  }

  /** Names in a directory below the data directory. */
  names(path = ''): string[] {
    return this.disk
      .list(`/data/${path}`)
      .map(({ name }) => name)
      .sort();
  }

  async #open(): Promise<void> {
    this.files = new FaultFiles(this.disk);
    this.store = await openLogStore({ files: this.files, dir: '/data', clock: this.clock, config: this.#config });
  }
}
