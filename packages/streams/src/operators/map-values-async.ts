import { Operator } from '../processor/operator.ts';
import type { SavedRecord } from '../processor/record-context.ts';
import { StreamsError } from '../streams-error.ts';

/** `signal`: aborted when the call has taken too long, or when the task goes. */
export type AsyncValueMapper<K, V, VOut> = (value: V, key: K, call: { signal: AbortSignal }) => Promise<VOut> | VOut;

export interface AsyncLimits {
  /** Calls under way at once, for each partition. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Results in the order of the partition's records; else as they come. */
  readonly isOrdered: boolean;
}

interface Call<K, V, VOut> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly record: SavedRecord;
  readonly fail: (cause: unknown) => void;
  readonly abort: AbortController;
  timer: NodeJS.Timeout | null;
  isDone: boolean;
  result: VOut | undefined;
  /** What it was rejected with; null when it was not. */
  failure: { cause: unknown } | null;
}

/**
 * Asks something outside for each value, several at once. The task gets no further record while there are as many calls as there may be, and
 * commits when all have ended: what is committed has its result. A failed call is a failed record, as the policy for processing has it.
 */
export class MapValuesAsync<K, V, VOut> extends Operator<K, V> {
  readonly #map: AsyncValueMapper<K, V, VOut>;
  readonly #limits: AsyncLimits;
  /** Not handed on yet, the oldest first. */
  #calls: Call<K, V, VOut>[] = [];
  /** Those from here on have not begun. */
  #begun = 0;
  #underWay = 0;
  #isFull = false;
  #isClosed = false;
  #failure: { cause: unknown } | null = null;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor(map: AsyncValueMapper<K, V, VOut>, limits: AsyncLimits) {
    super();
    this.#map = map;
    this.#limits = limits;
  }

  process(key: K, value: V, timestamp: number): void {
    const { context } = this;
    this.#calls.push({
      key,
      value,
      timestamp,
      record: context.record.copy(),
      fail: context.failLater(),
      abort: new AbortController(),
      timer: null,
      isDone: false,
      result: undefined,
      failure: null,
    });
    if (!this.#isFull && this.#calls.length >= this.#limits.concurrency) {
      this.#isFull = true;
      context.pause();
    }
    this.#begin();
  }

  override settled(): Promise<void> | null {
    if (this.#failure !== null) return Promise.reject(this.#failure.cause);
    if (this.#calls.length === 0) return null;
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  override get isUnderWay(): boolean {
    return this.#calls.length > 0 || this.#failure !== null;
  }

  override close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const reason = new StreamsError('HW_STREAMS_NOT_RUNNING', 'The task goes: the result is not wanted any more');
    for (const call of this.#calls) {
      if (call.timer !== null) clearTimeout(call.timer);
      call.abort.abort(reason);
    }
    this.#calls = [];
    this.#idle?.resolve();
  }

  /** One record may have become many: no more than there may be begin. */
  #begin(): void {
    while (this.#begun < this.#calls.length && this.#underWay < this.#limits.concurrency) {
      this.#underWay++;
      this.#start(this.#calls[this.#begun++]!);
    }
  }

  #start(call: Call<K, V, VOut>): void {
    const { timeoutMs } = this.#limits;
    call.timer = setTimeout(() => {
      const error = new StreamsError('HW_STREAMS_PROCESSING', `mapValuesAsync: no answer within ${timeoutMs} ms`);
      call.abort.abort(error);
      this.#ended(call, undefined, { cause: error });
    }, timeoutMs);
    let answer: Promise<VOut>;
    try {
      answer = Promise.resolve(this.#map(call.value, call.key, { signal: call.abort.signal }));
    } catch (cause) {
      answer = Promise.reject(cause);
    }
    answer.then(
      (result) => this.#ended(call, result, null),
      (cause: unknown) => this.#ended(call, undefined, { cause }),
    );
  }

  #ended(call: Call<K, V, VOut>, result: VOut | undefined, failure: { cause: unknown } | null): void {
    // After a timeout comes an answer, too; after the task has gone nobody waits for it.
    if (call.isDone || this.#isClosed) return;
    clearTimeout(call.timer!);
    call.isDone = true;
    call.result = result;
    call.failure = failure;
    this.#underWay--;
    try {
      this.#handOn(call);
    } catch (cause) {
      this.#fatal(cause);
      return;
    }
    this.#begin();
    if (this.#isFull && this.#calls.length < this.#limits.concurrency) {
      this.#isFull = false;
      this.context.resume();
    }
    if (this.#calls.length > 0 || this.#idle === null) return;
    this.#idle.resolve();
    this.#idle = null;
  }

  #handOn(ended: Call<K, V, VOut>): void {
    if (this.#limits.isOrdered) {
      let count = 0;
      while (count < this.#calls.length && this.#calls[count]!.isDone) count++;
      if (count === 0) return;
      const done = this.#calls.splice(0, count);
      this.#begun -= count;
      for (const call of done) this.#forward(call);
    } else {
      this.#calls.splice(this.#calls.indexOf(ended), 1);
      this.#begun--;
      this.#forward(ended);
    }
  }

  #forward({ fail, failure, key, record, result, timestamp }: Call<K, V, VOut>): void {
    const { context } = this;
    context.record.restore(record);
    try {
      if (failure !== null) fail(failure.cause);
      else this.#forwardResult(key, result as VOut, timestamp, fail);
    } finally {
      context.record.none();
    }
  }

  #forwardResult(key: K, result: VOut, timestamp: number, fail: (cause: unknown) => void): void {
    try {
      this.next.process(key, result, timestamp);
    } catch (cause) {
      fail(cause);
    }
  }

  /** The policy is to fail: the commit that waits, or the next one, hears of it. */
  #fatal(cause: unknown): void {
    this.#failure = { cause };
    if (this.#idle !== null) this.#idle.reject(cause);
    else this.context.requestCommit();
  }
}
