/** Who read which configuration last. */
export interface Reader {
  application: string;
  profiles: string;
  label: string | null;
  /** `environment`, or the form that was asked for. */
  how: string;
  address: string;
  userAgent: string | null;
  version: string | null;
  firstMs: number;
  lastMs: number;
  count: number;
}

const maxReaders = 2_000;

/** The last readers, each application, profiles, label and address once; bounded. */
export class Readers {
  readonly #readers = new Map<string, Reader>();

  note(reader: Omit<Reader, 'firstMs' | 'lastMs' | 'count'>, nowMs: number): void {
    const key = `${reader.application}\0${reader.profiles}\0${reader.label ?? '\0'}\0${reader.address}\0${reader.how}`;
    const known = this.#readers.get(key);
    this.#readers.delete(key);
    this.#readers.set(key, {
      ...reader,
      firstMs: known?.firstMs ?? nowMs,
      lastMs: nowMs,
      count: (known?.count ?? 0) + 1,
    });
    if (this.#readers.size > maxReaders) this.#readers.delete(this.#readers.keys().next().value!);
  }

  /** The last one first. */
  list(): Reader[] {
    return [...this.#readers.values()].reverse();
  }

  applications(): Set<string> {
    const names = new Set<string>();
    for (const { application } of this.#readers.values()) for (const name of application.split(',')) names.add(name);
    return names;
  }
}
