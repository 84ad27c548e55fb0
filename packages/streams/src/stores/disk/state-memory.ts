import { StreamsError } from '../../streams-error.ts';
import { BlockCache } from './block-cache.ts';
import { OpenFiles } from './open-files.ts';
import { nodeFiles, type StateFiles } from './state-files.ts';

export interface StateMemoryOptions {
  /** For all disk stores that share it: what was written and is not on the disk, and what was read from there. Default 64 MiB. */
  bytes?: number | undefined;
  /** How often a store that has changed writes what it has gathered, with a commit: what an instance that was killed reads again. Default 10,000. */
  flushIntervalMs?: number;
  /** Files of all stores that are open at the same time. Default 256. */
  openFilesMax?: number;
  /** Default: the system's. */
  files?: StateFiles;
}

/** Work in steps that take a millisecond or two. */
export interface BackgroundJob {
  /** Whether there is more to do. */
  step(): boolean;
}

const defaultBytes = 64 * 1024 * 1024;
const leastBytes = 256 * 1024;
/** How much one store gathers before it becomes a run: more is sorted away in longer steps. */
const storeBytesMax = 4 * 1024 * 1024;
const turnMs = 2;

/**
 * The memory that the disk stores of a process share, however many topologies they belong to. Pass one to several applications
 * (`stateMemory`) and they share it.
 *
 * @example
 * const stateMemory = new StateMemory({ bytes: 256 * 1024 * 1024 });
 * new Streams({ applicationId: 'orders', kafka, stateDir: '/var/lib/orders', storage: 'disk', stateMemory });
 */
export class StateMemory {
  readonly bytes: number;
  readonly flushIntervalMs: number;
  readonly files: StateFiles;
  readonly cache: BlockCache;
  readonly openFiles: OpenFiles;
  /** Written, and in no run yet; about. */
  writtenBytes = 0;
  /** Of open runs. */
  pinnedBytes = 0;
  /** Stores that have something that was written, and is in no run yet. */
  unwrittenStores = 0;
  readonly #jobs: BackgroundJob[] = [];
  #turn: NodeJS.Immediate | null = null;

  /** @throws StreamsError HW_STREAMS_BAD_OPTION */
  constructor({
    bytes = defaultBytes,
    files = nodeFiles,
    flushIntervalMs = 10_000,
    openFilesMax = 256,
  }: StateMemoryOptions = {}) {
    if (!(Number.isSafeInteger(bytes) && bytes >= leastBytes)) {
      throw new StreamsError('HW_STREAMS_BAD_OPTION', `bytes: ${bytes} is not a whole number from ${leastBytes}`);
    }
    this.bytes = bytes;
    this.flushIntervalMs = flushIntervalMs;
    this.files = files;
    this.openFiles = new OpenFiles(files, openFilesMax);
    this.cache = new BlockCache(() => Math.max(bytes / 8, bytes - this.writtenBytes - this.pinnedBytes));
  }

  /** What one store may gather before it is to write a run. */
  get storeBytesMax(): number {
    return Math.min(storeBytesMax, this.bytes / 8);
  }

  /** Stores are to write what they have with the next commit, which is to be soon. */
  get isPressed(): boolean {
    return this.writtenBytes > this.bytes * 0.3;
  }

  /** Nothing more is to be worked on until stores have written. */
  get isFull(): boolean {
    return this.writtenBytes > this.bytes * 0.6;
  }

  get usedBytes(): number {
    return this.writtenBytes + this.pinnedBytes + this.cache.bytes;
  }

  written(bytes: number): void {
    this.writtenBytes += bytes;
    if (bytes > 0) this.cache.shrink();
  }

  /** Something is being written in the background. */
  get isBusy(): boolean {
    return this.#jobs.length > 0;
  }

  /** Does the job's steps between other work. */
  start(job: BackgroundJob): void {
    this.#jobs.push(job);
    this.#turn ??= setImmediate(() => this.#work());
  }

  #work(): void {
    const until = performance.now() + turnMs;
    do {
      const job = this.#jobs.shift();
      if (job === undefined) break;
      if (job.step()) this.#jobs.push(job);
    } while (performance.now() < until);
    this.#turn = this.#jobs.length === 0 ? null : setImmediate(() => this.#work());
  }
}
