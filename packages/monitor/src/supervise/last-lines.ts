const linesMax = 20;
const lineMax = 1_000;

/** The last lines of a stream: what a process said before its end. */
export class LastLines {
  readonly #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line.slice(0, lineMax));
    if (this.#lines.length > linesMax) this.#lines.shift();
  }

  get lines(): readonly string[] {
    return [...this.#lines];
  }
}
