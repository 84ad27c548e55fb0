import { closeSync, openSync, writeSync } from 'node:fs';

/** The file that gets all that is shown, while one is open. */
export class Spool {
  #file: number | undefined;

  /** Written anew. @throws the system's error */
  open(path: string): void {
    const file = openSync(path, 'w');
    this.close();
    this.#file = file;
  }

  write(text: string): void {
    if (this.#file !== undefined) writeSync(this.#file, text);
  }

  /** May be called twice. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
