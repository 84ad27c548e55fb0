import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How far a file has been read into the log. */
export interface FilePlace {
  /** Device and inode: a name may come to mean another file. */
  id: string;
  path: string;
  /** Everything before it is on the log. */
  offset: number;
  /** SHA-256 of the first bytes, and of how many: an inode may come to mean another file too. */
  fingerprint: string;
  fingerprintBytes: number;
  seenMs: number;
}

const placesMax = 10_000;
/** Of files that are gone. */
const keptMs = 7 * 86_400_000;

/** The places of tailed files, kept in one file that is replaced as a whole: what a kill leaves is the one or the other. */
export class FilePlaces {
  readonly #file: string;
  readonly #byId = new Map<string, FilePlace>();
  #isDirty = false;
  #saving: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** @returns what was wrong with the file that held them; undefined when it was fine, or not there */
  async load(): Promise<string | undefined> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as Error).message;
    }
    try {
      for (const place of JSON.parse(text) as FilePlace[]) this.#byId.set(place.id, place);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  get(id: string): FilePlace | undefined {
    return this.#byId.get(id);
  }

  set(place: FilePlace): void {
    this.#byId.set(place.id, place);
    this.#isDirty = true;
  }

  /** Writes them when something changed. */
  async save(nowMs: number): Promise<void> {
    await this.#saving;
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const places = [...this.#byId.values()].filter(({ seenMs }) => seenMs > nowMs - keptMs);
    const kept = places.sort((a, b) => b.seenMs - a.seenMs).slice(0, placesMax);
    this.#saving = this.#write(JSON.stringify(kept)).catch((error: unknown) => {
      this.#isDirty = true;
      throw error;
    });
    try {
      await this.#saving;
    } finally {
      this.#saving = undefined;
    }
  }

  async #write(text: string): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.new`, text);
    await rename(`${this.#file}.new`, this.#file);
  }
}
