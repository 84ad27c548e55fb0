import { randomUUID } from 'node:crypto';
import type { Logger } from '@headwater/logger';
import type { Clock } from '../model/clock.ts';

/** Something that is to be delivered, as it is kept until a receiver has acknowledged it. */
export interface Parcel {
  /** The same in every attempt. */
  readonly id: string;
  /** Whom it is for: lanes do not wait for one another. */
  readonly lane: string;
  /** Within a lane parcels of one order go one after the other. */
  readonly order: string;
  readonly body: object;
  readonly createdMs: number;
}

export interface LaneState {
  readonly lane: string;
  readonly waiting: number;
  readonly delivered: number;
  readonly failures: number;
  readonly dropped: number;
  readonly lastError: string | null;
  readonly lastDeliveredMs: number | null;
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves when the receiver has taken it. */
  send(parcel: Parcel, signal: AbortSignal): Promise<void>;
  /** Keeps it, or forgets it (null). */
  keep(id: string, parcel: Parcel | null): void;
  /** Resolves when what was kept is safe. */
  kept(): Promise<void>;
  /** Told of what is given up: it was too old, or one too many. */
  onDropped(parcel: Parcel, why: string): void;
  /** Uniform in [0, 1). */
  random?: () => number;
}

interface Lane {
  readonly name: string;
  readonly orders: Map<string, Parcel[]>;
  inFlight: number;
  waiting: number;
  delivered: number;
  failures: number;
  dropped: number;
  lastError: string | null;
  lastDeliveredMs: number | null;
  /** Attempts that failed since the last that did not. */
  failuresInRow: number;
  notBeforeMs: number;
  timer: { cancel(): void } | undefined;
  readonly busy: Set<string>;
}

const waitingMax = 10_000;
const inFlightMax = 8;
const retryMinMs = 500;
const retryMaxMs = 60_000;
/** What a receiver did not take for a day is old news. */
const ageMaxMs = 24 * 3_600_000;
/** How long safety is waited for: when Kafka is away messages are sent all the same, because that is what they may be about. */
const keptWaitMs = 1_000;

/**
 * What is to be delivered, at least once: kept before the first attempt, forgotten when it was acknowledged, tried again with back-off until then. Each receiver
 * has a lane of its own; parcels of one order (a group of alerts) stay in their order.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #closing = new AbortController();
  readonly #sending = new Set<Promise<void>>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes parcels that were kept before a restart. */
  restore(parcels: Iterable<Parcel>): void {
    for (const parcel of [...parcels].sort((a, b) => a.createdMs - b.createdMs)) this.#queue(parcel);
    for (const lane of this.#lanes.values()) this.#pump(lane);
  }

  /** Keeps a parcel and sends it when it is safe. */
  put(lane: string, order: string, body: object, id: string = randomUUID()): Parcel {
    const parcel = { id, lane, order, body, createdMs: this.#options.clock.nowMs() };
    this.#options.keep(parcel.id, parcel);
    void this.#safe().then(() => {
      if (this.#closing.signal.aborted) return;
      this.#pump(this.#queue(parcel));
    });
    return parcel;
  }

  lanes(): LaneState[] {
    return [...this.#lanes.values()].map(
      ({ delivered, dropped, failures, lastDeliveredMs, lastError, name, waiting }) => ({
        lane: name,
        waiting,
        delivered,
        failures,
        dropped,
        lastError,
        lastDeliveredMs,
      }),
    );
  }

  /** Ends attempts; what is not delivered stays kept. May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the outbox is closed'));
    for (const lane of this.#lanes.values()) lane.timer?.cancel();
    await Promise.allSettled(this.#sending);
  }

  async #safe(): Promise<void> {
    let timer: { cancel(): void } | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = this.#options.clock.schedule(keptWaitMs, resolve);
    });
    await Promise.race([this.#options.kept(), waited]);
    timer?.cancel();
  }

  #queue(parcel: Parcel): Lane {
    let lane = this.#lanes.get(parcel.lane);
    if (lane === undefined) {
      lane = {
        name: parcel.lane,
        orders: new Map(),
        inFlight: 0,
        waiting: 0,
        delivered: 0,
        failures: 0,
        dropped: 0,
        lastError: null,
        lastDeliveredMs: null,
        failuresInRow: 0,
        notBeforeMs: 0,
        timer: undefined,
        busy: new Set(),
      };
      this.#lanes.set(parcel.lane, lane);
    }
    if (lane.waiting >= waitingMax) {
      this.#drop(lane, parcel, `${waitingMax} messages wait already`);
      return lane;
    }
    const queue = lane.orders.get(parcel.order);
    if (queue === undefined) lane.orders.set(parcel.order, [parcel]);
    else queue.push(parcel);
    lane.waiting++;
    return lane;
  }

  #pump(lane: Lane): void {
    const nowMs = this.#options.clock.nowMs();
    if (this.#closing.signal.aborted) return;
    if (lane.notBeforeMs > nowMs) {
      lane.timer ??= this.#options.clock.schedule(lane.notBeforeMs - nowMs, () => {
        lane.timer = undefined;
        this.#pump(lane);
      });
      return;
    }
    // One that fails is asked with one message until it takes it.
    const most = lane.failuresInRow > 0 ? 1 : inFlightMax;
    for (const [order, queue] of lane.orders) {
      if (lane.inFlight >= most) return;
      if (lane.busy.has(order)) continue;
      const [parcel] = queue;
      if (nowMs - parcel!.createdMs > ageMaxMs) {
        this.#done(lane, order);
        this.#drop(lane, parcel!, 'it was not taken for a day');
        continue;
      }
      lane.busy.add(order);
      lane.inFlight++;
      const sending = this.#send(lane, order, parcel!);
      this.#sending.add(sending);
      void sending.finally(() => this.#sending.delete(sending));
    }
  }

  async #send(lane: Lane, order: string, parcel: Parcel): Promise<void> {
    const { clock, keep, logger, random = Math.random, send } = this.#options;
    try {
      await send(parcel, this.#closing.signal);
      lane.delivered++;
      lane.lastDeliveredMs = clock.nowMs();
      if (lane.failuresInRow > 0) logger.info({ receiver: lane.name }, 'alerts are delivered again');
      lane.failuresInRow = 0;
      lane.lastError = null;
      keep(parcel.id, null);
      this.#done(lane, order);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      lane.failures++;
      lane.failuresInRow++;
      lane.lastError = (error as Error).message;
      // The next attempt is for another order, so that one message that cannot be taken does not keep back the others.
      const queue = lane.orders.get(order)!;
      lane.orders.delete(order);
      lane.orders.set(order, queue);
      const backoffMs = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(20, lane.failuresInRow - 1));
      lane.notBeforeMs = clock.nowMs() + backoffMs * (0.5 + random() / 2);
      if (lane.failuresInRow === 1 || lane.failuresInRow % 20 === 0)
        logger.warn(
          { receiver: lane.name, reason: lane.lastError, waiting: lane.waiting },
          'an alert was not delivered: it is tried again',
        );
    } finally {
      lane.busy.delete(order);
      lane.inFlight--;
      this.#pump(lane);
    }
  }

  #done(lane: Lane, order: string): void {
    const queue = lane.orders.get(order);
    if (queue === undefined) return;
    queue.shift();
    lane.waiting--;
    if (queue.length === 0) lane.orders.delete(order);
  }

  #drop(lane: Lane, parcel: Parcel, why: string): void {
    lane.dropped++;
    this.#options.keep(parcel.id, null);
    this.#options.logger.error({ receiver: lane.name, id: parcel.id, why }, 'a message about alerts is given up');
    this.#options.onDropped(parcel, why);
  }
}
