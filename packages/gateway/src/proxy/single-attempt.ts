import { HttpError } from '@headwater/http';
import type { Call } from '../stages/call.ts';
import type { Observer } from '../stages/module.ts';
import type { End, Instance } from '../stages/policies.ts';
import type { Plan } from './plan.ts';
import type { Upstream, UpstreamPool } from './upstream.ts';

export interface AttemptHost {
  readonly pool: UpstreamPool;
  readonly observers: readonly Observer[];
}

/** The one attempt of a call that is never tried again here: a WebSocket, or a stream of a live page. Guards hear of it when its head has come. */
export class SingleAttempt {
  readonly upstream: Upstream;
  readonly #call: Call;
  readonly #plan: Plan;
  readonly #host: AttemptHost;
  readonly #instance: Instance;
  readonly #startMs: number;
  #unsettled = 0;
  #isEnded = false;

  /** Throws HttpError when a guard refuses or there is no instance with a place. Sets the headers that depend on the instance. */
  constructor(call: Call, plan: Plan, host: AttemptHost) {
    this.#call = call;
    this.#plan = plan;
    this.#host = host;
    try {
      for (const guard of plan.guards) {
        guard.admit(call);
        this.#unsettled++;
      }
      this.#instance = plan.picker.pick(call);
      this.upstream = host.pool.get(this.#instance.origin, plan.isHttp2 && call.kind !== 'upgrade');
    } catch (error) {
      this.#settle({ ...refused, error: error instanceof HttpError ? error : undefined });
      throw error;
    }
    this.#startMs = performance.now();
    call.instance = this.#instance;
    try {
      this.upstream.enter(plan.name);
    } catch (error) {
      const end = { ...refused, error: error as HttpError };
      plan.picker.done?.(this.#instance, end, call);
      this.#settle(end);
      throw error;
    }
    const { headers } = plan;
    const name = plan.host ?? this.upstream.host;
    headers.raw.unshift('Host', name);
    if (plan.isSameOrigin) headers.set('origin', `${this.upstream.isSecure ? 'https' : 'http'}://${name}`);
    for (const observer of host.observers) observer.sending?.(call, headers);
  }

  answered(status: number): void {
    this.#call.status = status;
    this.#call.upstreamMs = performance.now() - this.#startMs;
    this.#settle(this.#end(undefined));
  }

  /** May be called twice. Without an error and before an answer: the caller left. */
  end(error?: HttpError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.upstream.leave();
    if (error !== undefined) this.#call.failure = error;
    const end = this.#end(error);
    this.#plan.picker.done?.(this.#instance, end, this.#call);
    for (const observer of this.#host.observers) observer.attempted?.(this.#call, this.#instance, end);
    this.#settle(end);
  }

  #end(error: HttpError | undefined): End {
    const { status, upstreamMs } = this.#call;
    return {
      status,
      headers: undefined,
      error,
      isUnsent: false,
      isCancelled: status === 0 && error === undefined,
      durationMs: upstreamMs || performance.now() - this.#startMs,
    };
  }

  #settle(end: End): void {
    while (this.#unsettled > 0) this.#plan.guards[--this.#unsettled]!.settled(this.#call, end);
  }
}

const refused: End = {
  status: 0,
  headers: undefined,
  error: undefined,
  isUnsent: true,
  isCancelled: false,
  durationMs: 0,
};
