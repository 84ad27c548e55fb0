/**
 * Calls `flush` at most once an animation frame, and not more often than every `intervalMs`, however often it is marked.
 * The first mark after a pause is on screen with the next frame: batching costs throughput nothing and latency one frame.
 */
export class FrameBatch {
  private readonly flush: () => void;
  /** May be changed at any time. */
  intervalMs: number;
  private isMarked = false;
  private lastAtMs = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private frame = 0;

  constructor(flush: () => void, intervalMs = 0) {
    this.flush = flush;
    this.intervalMs = intervalMs;
  }

  mark(): void {
    if (this.isMarked) return;
    this.isMarked = true;
    const waitMs = this.lastAtMs + this.intervalMs - performance.now();
    if (waitMs > 4) this.timer = setTimeout(this.ask, waitMs);
    else this.ask();
  }

  close(): void {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.isMarked = false;
  }

  private ask = (): void => {
    this.frame = requestAnimationFrame(() => {
      this.isMarked = false;
      this.lastAtMs = performance.now();
      this.flush();
    });
  };
}
