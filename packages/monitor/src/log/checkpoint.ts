import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Logger } from '@headwater/logger';
import type { BoardState } from '../board/board.ts';
import type { Hub } from '../board/hub.ts';
import type { RecentEvent } from '../board/recent-events.ts';
import type { Offsets } from './event-reader.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);
const version = 1;
const bytesMax = 512 * 1024 * 1024;

/** What stands before the bytes of the minutes, as one line of JSON. */
interface Head {
  version: number;
  offsets: Offsets;
  /** Who wrote it, and how many of its own records are in it: those are passed over when they are read. */
  runId: string;
  sequence: number;
  board: BoardState;
  logOffsets: [number, number][];
  events: RecentEvent[][];
  series: unknown[];
}

export interface Restored {
  offsets: Offsets;
  runId: string;
  sequence: number;
}

/**
 * What is known, with how far the topics were read for it, in one file that is there whole or not at all: a restart reads only what came since. Without it, or when it
 * cannot be read, the topics are read again.
 */
export class Checkpoint {
  readonly #path: string;
  readonly #dataDir: string;
  readonly #logger: Logger;
  #writing: Promise<void> | undefined;

  constructor(dataDir: string, logger: Logger) {
    this.#dataDir = dataDir;
    this.#path = join(dataDir, 'checkpoint');
    this.#logger = logger;
  }

  async load(hub: Hub): Promise<Restored | undefined> {
    try {
      const bytes = await unzip(await readFile(this.#path), { maxOutputLength: bytesMax });
      const end = bytes.indexOf(0x0a);
      const head = JSON.parse(bytes.toString('utf8', 0, end)) as Head;
      if (head.version !== version) return undefined;
      hub.board.load(head.board);
      hub.events.load(head.events);
      hub.counts.load(head.series, bytes.subarray(end + 1));
      for (const [partition, offset] of head.logOffsets) hub.logOffsets.set(partition, offset);
      const { offsets, runId, sequence } = head;
      return { offsets, runId, sequence };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#logger.warn(
          { path: this.#path, reason: (error as Error).message },
          'the checkpoint cannot be read: the topics are read again',
        );
      return undefined;
    }
  }

  /** One at a time; what is told while one is written is in the next. */
  save(hub: Hub, { offsets, runId, sequence }: Restored): Promise<void> {
    this.#writing ??= (async () => {
      const { minutes, series } = hub.counts.save();
      const head: Head = {
        version,
        offsets,
        runId,
        sequence,
        board: hub.board.save(),
        logOffsets: [...hub.logOffsets],
        events: hub.events.save(),
        series,
      };
      const bytes = await zip(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...minutes]), { level: 1 });
      await mkdir(this.#dataDir, { recursive: true });
      await writeFile(`${this.#path}.new`, bytes);
      await rename(`${this.#path}.new`, this.#path);
    })()
      .catch((error: unknown) => {
        this.#logger.warn({ path: this.#path, reason: (error as Error).message }, 'the checkpoint was not written');
      })
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }
}
