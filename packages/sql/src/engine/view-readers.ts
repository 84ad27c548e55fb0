/** How long those who still read are waited for: a query over many rows is asked again then. */
const waitMsMax = 10_000;

/** Who reads the stores of which run of a query: a run that goes lets them finish before. */
export class ViewReaders {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Until the function that it gives is called. */
  hold(runId: string): () => void {
    this.#counts.set(runId, (this.#counts.get(runId) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = this.#counts.get(runId)! - 1;
      if (left > 0) {
        this.#counts.set(runId, left);
        return;
      }
      this.#counts.delete(runId);
      for (const wake of this.#waiting.get(runId) ?? []) wake();
      this.#waiting.delete(runId);
    };
  }

  /** Resolves when nobody reads it, or after a while. */
  async idle(runId: string): Promise<void> {
    if (!this.#counts.has(runId)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const list = this.#waiting.get(runId) ?? [];
    list.push(resolve);
    this.#waiting.set(runId, list);
    const timer = setTimeout(resolve, waitMsMax);
    await promise;
    clearTimeout(timer);
  }
}
