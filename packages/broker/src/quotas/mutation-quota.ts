import { ErrorCode } from '@headwater/protocol';
import type { Clock } from '../clock/clock.ts';
import { Refusal } from '../topics/topic-admin.ts';
import type { QuotaTracker } from './client-quotas.ts';

/** What one request takes of a client's quota of partitions that are made or deleted in a second. */
export class MutationQuota {
  readonly tracker: QuotaTracker;
  readonly #clock: Clock;
  readonly #isStrict: boolean;
  #isExceeded = false;

  constructor(tracker: QuotaTracker, clock: Clock, isStrict: boolean) {
    this.tracker = tracker;
    this.#clock = clock;
    this.#isStrict = isStrict;
  }

  /**
   * To be asked before each topic of a request.
   *
   * @throws Refusal THROTTLING_QUOTA_EXCEEDED when the quota is used up and the client's version knows that error
   */
  take(partitions: number): void {
    const { bucket, limit } = this.tracker;
    const nowMs = this.#clock.monotonicMs();
    if (this.#isStrict && bucket.tokens(limit, nowMs) < 0) {
      this.#isExceeded = true;
      throw new Refusal(ErrorCode.THROTTLING_QUOTA_EXCEEDED, 'The throttling quota has been exceeded.');
    }
    bucket.take(partitions, limit, nowMs);
  }

  throttleMs(): number {
    if (this.#isStrict && !this.#isExceeded) return 0;
    return this.tracker.bucket.throttleMs(this.tracker.limit, this.#clock.monotonicMs());
  }
}
