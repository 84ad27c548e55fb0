interface Crash {
  pid: number | null;
  atMs: number;
}

/** How long it takes until a kill is on the monitor's stream of crashes. */
export class CrashWatch {
  readonly #kills = new Map<number, number>();
  readonly #crashes: Crash[] = [];
  #stop = new AbortController();

  /** Reads a monitor's stream from now on, instead of that of one that is gone: what that could not show any more says nothing of how long it takes. */
  follow(monitorUrl: string): void {
    const shown = new Set(this.#crashes.map(({ pid }) => pid));
    for (const pid of this.#kills.keys()) if (!shown.has(pid)) this.#kills.delete(pid);
    this.#stop.abort();
    this.#stop = new AbortController();
    void this.#read(`${monitorUrl}/stream?kind=crash`, this.#stop.signal).catch(() => {});
  }

  /** A process is being killed now. */
  killed(pid: number): void {
    this.#kills.set(pid, performance.now());
  }

  /** What was seen, for a person. */
  summary(): string {
    const tookMs = [...this.#kills]
      .flatMap(([pid, atMs]) => {
        const crash = this.#crashes.find((each) => each.pid === pid);
        return crash === undefined ? [] : [crash.atMs - atMs];
      })
      .sort((a, b) => a - b);
    const at = (part: number): string => `${Math.round(tookMs[Math.floor((tookMs.length - 1) * part)] ?? 0)} ms`;
    const seen = `${tookMs.length} of ${this.#kills.size} crashes of one service on the monitor's stream`;
    return tookMs.length === 0 ? seen : `${seen}: p50 ${at(0.5)}, p99 ${at(0.99)}, the last ${at(1)}`;
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(url: string, signal: AbortSignal): Promise<void> {
    const stream = await fetch(url, { signal });
    let text = '';
    for await (const chunk of stream.body!) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const crash = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (crash === undefined) continue;
        const { pid } = JSON.parse(crash) as { pid?: number };
        this.#crashes.push({ pid: pid ?? null, atMs: performance.now() });
      }
    }
  }
}
