/** Turns key presses into commands: single keys (`j`, `?`) and two in a row (`g t`). */
export class KeySequence {
  private readonly timeoutMs: number;
  private first: { key: string; atMs: number } | null = null;

  constructor(timeoutMs = 1200) {
    this.timeoutMs = timeoutMs;
  }

  /** The bindings that this press could mean, the longer first; a press that begins a sequence waits for the next. */
  press(key: string, atMs: number, bindings: ReadonlySet<string>): string | null {
    const { first } = this;
    this.first = null;
    if (first && atMs - first.atMs <= this.timeoutMs && bindings.has(`${first.key} ${key}`))
      return `${first.key} ${key}`;
    const startsSequence = [...bindings].some((binding) => binding.startsWith(`${key} `));
    if (startsSequence) {
      this.first = { key, atMs };
      return null;
    }
    return bindings.has(key) ? key : null;
  }
}
