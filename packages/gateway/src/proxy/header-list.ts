/**
 * Header fields in order, with repeats and spelling kept, as `[name, value, name, value, …]`: node's `rawHeaders` form, which it
 * also takes for writing, so that a field which nobody touches is passed on as it came.
 */
export class HeaderList {
  readonly raw: string[];

  constructor(raw: string[] = []) {
    this.raw = raw;
  }

  get(name: string): string | undefined {
    const at = this.#find(name, 0);
    return at === -1 ? undefined : this.raw[at + 1];
  }

  all(name: string): string[] {
    const values: string[] = [];
    for (let at = this.#find(name, 0); at !== -1; at = this.#find(name, at + 2)) values.push(this.raw[at + 1]!);
    return values;
  }

  has(name: string): boolean {
    return this.#find(name, 0) !== -1;
  }

  add(name: string, value: string): void {
    this.raw.push(name, headerValue(value));
  }

  /** Replaces every field of that name. */
  set(name: string, value: string): void {
    const at = this.#find(name, 0);
    if (at === -1) {
      this.add(name, value);
      return;
    }
    this.raw[at + 1] = headerValue(value);
    this.#removeFrom(name, at + 2);
  }

  remove(name: string): void {
    this.#removeFrom(name, 0);
  }

  /** Changes each value of a field. */
  map(name: string, change: (value: string) => string): void {
    for (let at = this.#find(name, 0); at !== -1; at = this.#find(name, at + 2))
      this.raw[at + 1] = headerValue(change(this.raw[at + 1]!));
  }

  get sizeBytes(): number {
    return this.raw.reduce((sum, text) => sum + text.length + 2, 0);
  }

  #removeFrom(name: string, from: number): void {
    for (let at = this.#find(name, from); at !== -1; at = this.#find(name, at)) this.raw.splice(at, 2);
  }

  #find(name: string, from: number): number {
    const lower = name.toLowerCase();
    for (let i = from; i < this.raw.length; i += 2) {
      const candidate = this.raw[i]!;
      if (candidate.length === lower.length && candidate.toLowerCase() === lower) return i;
    }
    return -1;
  }
}

/**
 * A value that cannot end the field: a path variable or a rewritten value may hold decoded line breaks or other text than
 * latin-1, and both are written percent-encoded.
 */
export function headerValue(value: string): string {
  // Bytes that came in as obs-text (0x80–0xff) go out as they came.
  return /[^\t\x20-\x7e\x80-\xff]/.test(value)
    ? value.replace(/[^\t\x20-\x7e]/gu, (char) => (char.isWellFormed() ? encodeURIComponent(char) : '%EF%BF%BD'))
    : value;
}
