import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@headwater/logger';
import { IdentityError } from '../identity-error.ts';
import { lockFolder } from './folder-lock.ts';
import { MemoryStore } from './memory-store.ts';
import { volatileKinds } from './store.ts';

/** `[kind, id, value, expiresAtMs]`; no value: it was deleted. */
type Line = [kind: string, id: string, value?: unknown, expiresAtMs?: number];

const compactAboveBytes = 4 * 1024 * 1024;
const chunkEntries = 500;

/**
 * A store in one folder: `state.jsonl` is a picture of everything, `journal.jsonl` what was written since, one JSON line each. A line is
 * with the operating system before the call returns, so that kill -9 loses nothing that was answered; a torn last line (power cut) is
 * cut off. When the journal has grown beyond 4 MiB and twice the picture, a new picture is written beside the running work.
 *
 * Files are readable by their owner only: they hold private keys and password hashes. `lock` keeps a second process from the folder.
 */
export class JournalStore extends MemoryStore {
  readonly #folder: string;
  readonly #logger: Logger;
  #unlock = (): void => {};
  /** Not open while the files are read. */
  #journal: number | undefined;
  #journalBytes = 0;
  #stateBytes = 0;
  #compacting: Promise<void> | undefined;
  #isClosed = false;
  #failed: Error | undefined;

  constructor(folder: string, logger: Logger, now: () => number = Date.now) {
    super(now);
    this.#folder = folder;
    this.#logger = logger;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#unlock = lockFolder(this.#path('lock'));
      this.#open();
    } catch (error) {
      this.#unlock();
      void super.close();
      throw error;
    }
  }

  #open(): void {
    rmSync(this.#path('state.jsonl.new'), { force: true });
    this.#stateBytes = this.#load('state.jsonl');
    // A picture that was under way when the process ended leaves the journal before it and the one beside it.
    this.#load('journal-before.jsonl');
    this.#journalBytes = this.#load('journal.jsonl');
    this.#journal = openSync(this.#path('journal.jsonl'), 'a', 0o600);
    if (existsSync(this.#path('journal-before.jsonl'))) this.#compact();
  }

  override put(kind: string, id: string, value: unknown, expiresAtMs = 0): void {
    if (!volatileKinds.has(kind)) this.#append([kind, id, value, expiresAtMs]);
    super.put(kind, id, value, expiresAtMs);
  }

  override delete(kind: string, id: string): void {
    if (this.kinds.get(kind)?.has(id) !== true) return;
    if (!volatileKinds.has(kind)) this.#append([kind, id]);
    super.delete(kind, id);
  }

  /** What is over says so by itself when it is read again: no line for it. */
  protected override drop(kind: string, id: string): void {
    super.delete(kind, id);
  }

  override async flush(): Promise<void> {
    const file = await open(this.#path('journal.jsonl'), 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  override async close(): Promise<void> {
    await super.close();
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#compacting;
    if (this.#journal !== undefined) closeSync(this.#journal);
    this.#unlock();
  }

  #append(line: Line): void {
    if (this.#isClosed) throw new IdentityError('HW_IDENTITY_STORE', 'the identity store is closed');
    if (this.#journal === undefined) return;
    if (this.#failed) {
      throw new IdentityError('HW_IDENTITY_STORE', `nothing can be kept in ${this.#folder}: start again`, this.#failed);
    }
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    const before = this.#journalBytes;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#journal, bytes, at);
    } catch (cause) {
      this.#cutBack(before);
      throw new IdentityError('HW_IDENTITY_STORE', `nothing can be kept in ${this.#folder}: look at the disk`, cause);
    }
    this.#journalBytes += bytes.length;
    if (this.#journalBytes > Math.max(compactAboveBytes, 2 * this.#stateBytes)) this.#compact();
  }

  /** Half a line must not stand before the next one. */
  #cutBack(bytes: number): void {
    try {
      ftruncateSync(this.#journal!, bytes);
    } catch (error) {
      this.#failed = error as Error;
    }
  }

  #compact(): void {
    if (this.#compacting || this.#isClosed) return;
    if (!existsSync(this.#path('journal-before.jsonl'))) {
      closeSync(this.#journal!);
      renameSync(this.#path('journal.jsonl'), this.#path('journal-before.jsonl'));
      this.#journal = openSync(this.#path('journal.jsonl'), 'a', 0o600);
      this.#journalBytes = 0;
    }
    this.#compacting = this.#writePicture()
      .catch((error: unknown) =>
        this.#logger.error({ error: String(error) }, 'the identity store could not be compacted'),
      )
      .finally(() => (this.#compacting = undefined));
  }

  /** Entries that change while it is written are in the new journal, which is read after the picture. */
  async #writePicture(): Promise<void> {
    const path = this.#path('state.jsonl.new');
    const file = await open(path, 'w', 0o600);
    let size = 0;
    try {
      let chunk: string[] = [];
      const write = async (): Promise<void> => {
        const text = chunk.join('');
        chunk = [];
        size += Buffer.byteLength(text);
        await file.write(text);
      };
      for (const [kind, entries] of this.kinds) {
        if (volatileKinds.has(kind)) continue;
        for (const [id, { value, expiresAtMs }] of entries) {
          chunk.push(`${JSON.stringify([kind, id, value, expiresAtMs] satisfies Line)}\n`);
          if (chunk.length >= chunkEntries) await write();
        }
      }
      await write();
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(path, this.#path('state.jsonl'));
    rmSync(this.#path('journal-before.jsonl'), { force: true });
    this.#stateBytes = size;
  }

  #load(name: string): number {
    if (!existsSync(this.#path(name))) return 0;
    const text = readFileSync(this.#path(name), 'utf8');
    const wholeEnd = text.lastIndexOf('\n') + 1;
    const lines = text.slice(0, wholeEnd).split('\n');
    lines.forEach((line, index) => {
      if (line === '') return;
      let parsed: Line;
      try {
        parsed = JSON.parse(line) as Line;
      } catch (cause) {
        throw new IdentityError(
          'HW_IDENTITY_STORE',
          `${this.#path(name)}, line ${index + 1} is not readable: put the file back from a copy, or remove the folder to begin anew`,
          cause,
        );
      }
      const [kind, id, value, expiresAtMs] = parsed;
      if (value === undefined) super.delete(kind, id);
      else super.put(kind, id, value, expiresAtMs);
    });
    if (wholeEnd < text.length) {
      this.#logger.warn({ file: name }, 'a line that was cut off by a crash is dropped');
      const fd = openSync(this.#path(name), 'r+');
      ftruncateSync(fd, Buffer.byteLength(text.slice(0, wholeEnd)));
      closeSync(fd);
    }
    const fd = openSync(this.#path(name), 'r');
    const { size } = fstatSync(fd);
    closeSync(fd);
    return size;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}
