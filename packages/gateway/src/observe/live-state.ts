import { breakersOf } from '../calls/calls-endpoints.ts';
import type { Calls } from '../calls/calls-module.ts';
import type { Changes } from './changes.ts';
import type { Metrics } from './route-metrics.ts';

export interface LiveEvent {
  event: string;
  data: string;
}

const periodMs = 1_000;

/**
 * The gateway's state for those who watch: first `changes` (the last ones) and `state`, then each change at once as `change`, and `state` every second. It
 * is put together once for all who watch, and not at all while nobody does.
 */
export class LiveState {
  readonly #metrics: Metrics;
  readonly #calls: Calls;
  readonly #changes: Changes;
  readonly #watchers = new Set<(event: LiveEvent) => void>();
  #timer: NodeJS.Timeout | undefined;
  #stopListening: (() => void) | undefined;

  constructor(metrics: Metrics, calls: Calls, changes: Changes) {
    this.#metrics = metrics;
    this.#calls = calls;
    this.#changes = changes;
  }

  /** Rates, percentiles, breakers and instances as they are now. */
  state() {
    const nowMs = performance.now();
    return {
      timestampMs: Date.now(),
      traffic: [...this.#metrics.all()].map((each) => each.summary(nowMs)),
      breakers: breakersOf(this.#calls.breakers),
      discovery: this.#calls.services.discovery,
      instances: this.#calls.services.states(),
    };
  }

  /** Returns what ends it. */
  watch(watcher: (event: LiveEvent) => void): () => void {
    watcher({ event: 'changes', data: JSON.stringify(this.#changes.recent) });
    watcher(this.#stateEvent());
    this.#watchers.add(watcher);
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => this.#tell(this.#stateEvent()), periodMs);
      this.#timer.unref();
      this.#stopListening = this.#changes.onChange((change) => {
        this.#tell({ event: 'change', data: JSON.stringify(change) });
      });
    }
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #stateEvent(): LiveEvent {
    return { event: 'state', data: JSON.stringify(this.state()) };
  }

  #tell(event: LiveEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }
}
