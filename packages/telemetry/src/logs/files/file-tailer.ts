import { glob, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@headwater/logger';
import type { LogIntake } from '../log-intake.ts';
import { FilePlaces } from './file-places.ts';
import type { MultilineOptions } from './multiline.ts';
import { TailedFile } from './tailed-file.ts';

/** Files to read as they grow. */
export interface TailedFiles {
  /** A path with `*`, `**`, `?`, `{a,b}`; files that appear later are read too. */
  path: string;
  /** Default: of a container's file its container, else the file's name without its ending. */
  service?: string;
  /** How lines are joined. Default: stack traces of Java, Python, Node and Go by what they look like; false: every line is an event. */
  multiline?: MultilineOptions | false;
  /** `auto` tells the lines of Docker and of the Container Runtime Interface by their looks, `lines` takes them as they are. Default `auto`. */
  format?: 'auto' | 'lines';
}

export interface FileTailerOptions {
  files: readonly TailedFiles[];
  /** Where places are kept over restarts. */
  placesFile: string;
  intake: LogIntake;
  logger: Logger;
}

const readEveryMs = 250;
const scanEveryMs = 1_000;
const saveEveryMs = 1_000;
/** Whoever wrote to a file that was renamed or deleted may write on for a while. */
const goneForMs = 5_000;
const filesMax = 1_000;

/**
 * Follows files as they grow: over rotation by rename (the old one is read to its end) and by copy and truncate, and over restarts of this. A line is on
 * the log once, or twice after a kill.
 */
export class FileTailer {
  readonly #options: FileTailerOptions;
  readonly #places: FilePlaces;
  readonly #stopping = new AbortController();
  /** By device and inode. */
  readonly #open = new Map<string, TailedFile>();
  #running: Promise<void> | undefined;
  #scannedMs = 0;
  #savedMs = 0;
  #isTold = false;

  constructor(options: FileTailerOptions) {
    this.#options = options;
    this.#places = new FilePlaces(options.placesFile);
  }

  /** Files that are read now. */
  get openFiles(): number {
    return this.#open.size;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { logger, placesFile } = this.#options;
    const { signal } = this.#stopping;
    const wrong = await this.#places.load();
    if (wrong !== undefined)
      logger.warn({ placesFile, reason: wrong }, 'places of tailed files are lost: files are read from their start');
    while (!signal.aborted) {
      const nowMs = Date.now();
      if (nowMs - this.#scannedMs >= scanEveryMs) {
        await this.#scan();
        this.#scannedMs = nowMs;
      }
      let isMore = false;
      for (const [id, file] of this.#open) {
        await this.#read(id, file);
        isMore ||= !file.isAtEnd;
        if (signal.aborted) break;
      }
      if (nowMs - this.#savedMs >= saveEveryMs) await this.#save();
      await sleep(isMore ? 1 : readEveryMs, undefined, { signal }).catch(() => {});
    }
    await this.#save();
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
  }

  async #read(id: string, file: TailedFile): Promise<void> {
    const { signal } = this.#stopping;
    try {
      if (await file.read(signal)) this.#places.set(file.place);
      const { goneMs, isAtEnd } = file;
      if (goneMs === undefined || !isAtEnd || Date.now() - goneMs < goneForMs) return;
      await file.finish(signal);
      this.#places.set(file.place);
      this.#open.delete(id);
      await file.close();
    } catch (error) {
      if (signal.aborted) return;
      this.#options.logger.warn(
        { file: file.place.path, reason: (error as Error).message },
        'a log file cannot be read: trying again',
      );
      this.#open.delete(id);
      await file.close().catch(() => {});
    }
  }

  /** Finds files that are new, and those whose name is gone. */
  async #scan(): Promise<void> {
    const { files, intake, logger } = this.#options;
    const seen = new Set<string>();
    for (const setting of files) {
      try {
        for await (const path of glob(setting.path)) {
          if (this.#stopping.signal.aborted) return;
          const id = await idOf(path);
          if (id === undefined || seen.has(id)) continue;
          seen.add(id);
          const known = this.#open.get(id);
          if (known !== undefined) known.goneMs = undefined;
          else if (this.#open.size < filesMax) {
            const { format, multiline, service } = setting;
            const file = await TailedFile.open({ path, service, multiline, format, intake }, id, this.#places.get(id));
            this.#open.set(id, file);
          } else if (!this.#isTold) {
            this.#isTold = true;
            logger.warn({ path, filesMax }, 'a log file is not read: too many are open');
          }
        }
      } catch (error) {
        logger.debug({ path: setting.path, reason: (error as Error).message }, 'log files cannot be looked for now');
      }
    }
    for (const [id, file] of this.#open) if (!seen.has(id)) file.goneMs ??= Date.now();
  }

  async #save(): Promise<void> {
    this.#savedMs = Date.now();
    try {
      await this.#places.save(this.#savedMs);
    } catch (error) {
      const { logger, placesFile } = this.#options;
      logger.warn({ placesFile, reason: (error as Error).message }, 'places of tailed files cannot be kept');
    }
  }
}

/** Symbolic links are followed, as containers' log files are links. */
async function idOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, isFile } = await stat(path).then((found) => ({
      dev: found.dev,
      ino: found.ino,
      isFile: found.isFile(),
    }));
    return isFile ? `${dev}:${ino}` : undefined;
  } catch {
    return undefined;
  }
}
