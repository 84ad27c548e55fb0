import type { ReceivedEvent } from './sse-parser.ts';

/**
 * Events that wait for a slow reader, within a bound. When it is full the oldest `record` goes (the newest is what a live view
 * is for), or the oldest event when there are no records; what went is counted until somebody is told.
 */
export class EventQueue {
  /** Since `takeDropped` was last called. */
  #dropped = 0;
  #droppedTotal = 0;
  #events: ReceivedEvent[] = [];
  #first = 0;
  #chars = 0;
  readonly #maxEvents: number;
  readonly #maxChars: number;

  constructor(maxEvents: number, maxChars: number) {
    this.#maxEvents = maxEvents;
    this.#maxChars = maxChars;
  }

  get length(): number {
    return this.#events.length - this.#first;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(event: ReceivedEvent): void {
    this.#events.push(event);
    this.#chars += event.data.length;
    while (this.length > this.#maxEvents || (this.#chars > this.#maxChars && this.length > 1)) this.#drop();
  }

  shift(): ReceivedEvent | undefined {
    const event = this.#events[this.#first];
    if (event === undefined) return undefined;
    this.#first++;
    this.#chars -= event.data.length;
    if (this.#first > 64 && this.#first * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#first);
      this.#first = 0;
    }
    return event;
  }

  /** How many were dropped since the last call, and in all. */
  takeDropped(): { count: number; total: number } {
    this.#droppedTotal += this.#dropped;
    const count = this.#dropped;
    this.#dropped = 0;
    return { count, total: this.#droppedTotal };
  }

  #drop(): void {
    this.#dropped++;
    let at = this.#first;
    while (at < this.#events.length && this.#events[at]!.event !== 'record') at++;
    if (at === this.#first || at >= this.#events.length) return void this.shift();
    this.#chars -= this.#events[at]!.data.length;
    this.#events.splice(at, 1);
  }
}
