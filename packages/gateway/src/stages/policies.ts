import type { HttpError } from '@headwater/http';
import type { HeaderList } from '../proxy/header-list.ts';
import type { Call } from './call.ts';

/** An address that can take a call. Made once and kept: the same object for the same instance. */
export interface Instance {
  /** `http://127.0.0.1:8184`: scheme, host, port. */
  readonly origin: string;
  readonly service?: string;
  readonly id?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How an attempt, or a whole call, ended. */
export interface End {
  /** The upstream's status; 0 when there was no answer. */
  readonly status: number;
  /** The head of the answer, where there is one. */
  readonly headers: HeaderList | undefined;
  readonly error: HttpError | undefined;
  /** Nothing of the request can have reached the upstream: it may be sent again whatever its method. */
  readonly isUnsent: boolean;
  /** The caller left, or the gateway closed: says nothing about the upstream. */
  readonly isCancelled: boolean;
  /** Until the head of the answer, or until it failed. */
  readonly durationMs: number;
}

/** Chooses the instance of each attempt. */
export interface InstancePicker {
  /** Throws HttpError 503 when there is none. `call.instance` is the one of the attempt before, `call.retries` how many there were. */
  pick(call: Call): Instance;
  /** The end of an attempt: exactly once for each `pick`, after the last byte of the answer. */
  done?(instance: Instance, end: End, call: Call): void;
  /** For routes to it that say nothing of retries. */
  readonly retry?: RetryPolicy;
  /** Origins that may be picked; idle connections to others are dropped when the routes change. */
  origins(): Iterable<string>;
}

/** Lets calls pass or refuses them, and learns how they ended: a circuit breaker. */
export interface Guard {
  /** Throws HttpError to refuse. When it does not, `settled` follows exactly once. */
  admit(call: Call): void;
  /** The end of the call after all its attempts; for endless answers and WebSockets when their head has come. */
  settled(call: Call, end: End): void;
  /**
   * The path to ask instead of giving the caller this end; undefined: the caller gets it. Asked when the guard refused, when the call failed,
   * and for the status of each answer before its head goes out.
   */
  fallback?(call: Call, end: End): string | undefined;
}

/** Whether and when a call is tried again. */
export interface RetryPolicy {
  /** Bodies up to so many bytes are kept for another attempt; a request with a larger one is tried once. 0: none is kept. */
  readonly maxBodyBytes: number;
  /**
   * Asked after an attempt that failed or was answered, while nothing of the answer has gone out. Milliseconds to wait before another attempt, or
   * undefined: this end is the call's. Must bound itself (`call.retries`), and must look at the method unless `end.isUnsent`.
   */
  delayMs(call: Call, end: End): number | undefined;
}
