import { ApiKey } from '@headwater/protocol';
import type { Request } from '../network/request.ts';
import type { ClientQuotas, QuotaTracker } from './client-quotas.ts';
import { MutationQuota } from './mutation-quota.ts';
import type { ClientQuotaKey } from './quota-keys.ts';

/** Brokers among themselves, and authentication: no client's doing. */
const exempt: ReadonlySet<number> = new Set([ApiKey.SaslHandshake, ApiKey.SaslAuthenticate, ApiKey.WriteTxnMarkers]);

/** What one request costs its client: measured until the answer, which tells the wait; then its connection is not read for so long. */
export class RequestQuota {
  readonly #quotas: ClientQuotas;
  readonly #request: Request;
  readonly #user: string;
  readonly #clientId: string;
  /** While the request is being worked on. */
  #sinceMs: number | null;
  #handledMs = 0;
  #mutation: MutationQuota | null = null;
  #throttle: { tracker: QuotaTracker; byMs: number } | null = null;
  #isFetchSettled = false;
  #isSilent = false;

  constructor(quotas: ClientQuotas, request: Request) {
    this.#quotas = quotas;
    this.#request = request;
    // As it is now: it may authenticate as another one before the answer.
    this.#user = request.connection.principal.name;
    this.#clientId = request.clientId ?? '';
    this.#sinceMs = quotas.cpuMs();
  }

  /** The handler has returned; what it waits for costs the broker nothing. */
  handled(): void {
    if (this.#sinceMs === null) return;
    this.#handledMs += this.#quotas.cpuMs() - this.#sinceMs;
    this.#sinceMs = null;
  }

  /** Most that a fetch may take at once, so that one answer does not use up more than all windows. */
  get maxFetchBytes(): number {
    const tracker = this.#tracker('consumer_byte_rate');
    if (tracker === null) return Number.POSITIVE_INFINITY;
    const { samples, windowMs } = this.#quotas.windows;
    return Math.max(1, Math.floor(tracker.limit * (samples - 1) * (windowMs / 1_000)));
  }

  /**
   * Counts what a fetch would answer. When that is too much the client gets an empty answer and the time to wait, and what it would
   * have got is not counted: it will ask for it again.
   */
  isFetchThrottled(sizeBytes: number): boolean {
    this.#isFetchSettled = true;
    const byTime = this.#settleTime();
    const byBytes = this.#settleBytes('consumer_byte_rate', sizeBytes);
    const isThrottled = byTime || byBytes;
    if (isThrottled) this.#tracker('consumer_byte_rate')?.rate.record(-sizeBytes, this.#nowMs);
    return isThrottled;
  }

  /** The quota of changes to topics for one that is made on the way: refused without a wait, the request being about something else. */
  get asideMutation(): MutationQuota | null {
    const tracker = this.#tracker('controller_mutation_rate');
    return tracker === null ? null : new MutationQuota(tracker, this.#quotas.clock, true);
  }

  /** The quota of changes to topics; from `strictSince` on an excess is refused, before that it is only made to wait for (KIP-599). */
  mutation(strictSince: number): MutationQuota | null {
    const tracker = this.#tracker('controller_mutation_rate');
    if (tracker === null) return null;
    const isStrict = this.#request.apiVersion >= strictSince;
    this.#mutation ??= new MutationQuota(tracker, this.#quotas.clock, isStrict);
    return this.#mutation;
  }

  /** Adds up what the request has cost, tells the wait in the answer, and makes the connection wait. */
  settle<B extends object>(body: B): B {
    if (exempt.has(this.#request.apiKey)) return body;
    if (!this.#isFetchSettled) {
      if (!this.#isSilent) this.#settleTime();
      if (this.#request.apiKey === ApiKey.Produce) {
        this.#settleBytes('producer_byte_rate', this.#request.sizeBytes);
      }
    }
    if (this.#mutation !== null) this.#propose(this.#mutation.tracker, this.#mutation.throttleMs());
    if (this.#throttle !== null) {
      this.#quotas.throttled(this.#throttle.tracker, this.#throttle.byMs);
      this.#request.connection.mute(this.#quotas.clock, this.#throttle.byMs);
    }
    return this.#throttle === null ? body : { ...body, throttleTimeMs: this.#throttle.byMs };
  }

  /** A request without an answer (Produce with acks=0) is counted as well, and slows down what comes after it. */
  settleSilently(): void {
    this.#isSilent = true;
    this.settle({});
  }

  #settleTime(): boolean {
    this.handled();
    const tracker = this.#tracker('request_percentage');
    if (tracker === null) return false;
    const nowMs = this.#nowMs;
    tracker.rate.record(this.#handledMs / 10, nowMs);
    const maxMs = this.#quotas.windows.windowMs;
    return this.#propose(tracker, Math.min(maxMs, tracker.rate.throttleMs(tracker.limit, nowMs)));
  }

  #settleBytes(key: ClientQuotaKey, sizeBytes: number): boolean {
    const tracker = this.#tracker(key);
    if (tracker === null) return false;
    const nowMs = this.#nowMs;
    tracker.rate.record(sizeBytes, nowMs);
    return this.#propose(tracker, tracker.rate.throttleMs(tracker.limit, nowMs));
  }

  /** The longest wait counts. */
  #propose(tracker: QuotaTracker, byMs: number): boolean {
    if (byMs > (this.#throttle?.byMs ?? 0)) this.#throttle = { tracker, byMs };
    return byMs > 0;
  }

  #tracker(key: ClientQuotaKey): QuotaTracker | null {
    return this.#quotas.tracker(key, this.#user, this.#clientId);
  }

  get #nowMs(): number {
    return this.#quotas.clock.monotonicMs();
  }
}
