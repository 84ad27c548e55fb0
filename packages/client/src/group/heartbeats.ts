/** Calls `beat` at an interval, never twice at once; what it rejects with is left to the next one. */
export class Heartbeats {
  private readonly intervalMs: number;
  private readonly beat: () => Promise<void>;
  private timer: NodeJS.Timeout | null = null;
  private isBeating = false;

  constructor(intervalMs: number, beat: () => Promise<void>) {
    this.intervalMs = intervalMs;
    this.beat = beat;
  }

  start(): void {
    this.timer ??= setInterval(() => void this.once(), this.intervalMs);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  private async once(): Promise<void> {
    if (this.isBeating) return;
    this.isBeating = true;
    try {
      await this.beat();
    } catch {
      // A coordinator that cannot be reached is looked for again by the next one.
    } finally {
      this.isBeating = false;
    }
  }
}
