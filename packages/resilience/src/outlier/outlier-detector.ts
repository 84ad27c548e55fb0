import { type Clock, type Random, systemClock } from '../clock.ts';
import { completeOutlierConfig, type OutlierConfig } from './outlier-config.ts';

/** By which sign an endpoint was found to be an outlier. */
export type OutlierCause =
  | 'consecutive5xx'
  | 'consecutiveGatewayFailure'
  | 'successRate'
  | 'failurePercentage'
  | 'byHand';

export interface OutlierChange {
  id: string;
  change: 'ejected' | 'returned';
  cause: OutlierCause;
  atMs: number;
  /** For people: `5 answers of 5xx in a row`. */
  reason: string;
}

/** What is known of one endpoint. */
export interface OutlierState {
  id: string;
  isEjected: boolean;
  ejectedAtMs: number | null;
  /** Earliest end: ejections end with the next look after it. */
  ejectedUntilMs: number | null;
  cause: OutlierCause | null;
  reason: string | null;
  /** Ejections since the endpoint is known. */
  ejections: number;
  consecutive5xx: number;
  /** Percent of the last whole interval; null without requests in it. */
  successRate: number | null;
}

export interface OutlierDetectorOptions {
  clock?: Clock;
  random?: Random;
  /** Called after an endpoint was ejected or has returned. */
  onChange?: (change: OutlierChange) => void;
}

class Watched {
  readonly id: string;
  isEjected = false;
  ejectedAtMs = 0;
  ejectedForMs = 0;
  returnedAtMs: number | undefined;
  cause: OutlierCause = 'consecutive5xx';
  reason = '';
  ejections = 0;
  /** Grows with each ejection, shrinks with each good interval: the factor of the next ejection's length. */
  backOff = 0;
  consecutive5xx = 0;
  consecutiveGatewayFailure = 0;
  requests = 0;
  successes = 0;
  successRate: number | null = null;

  constructor(id: string) {
    this.id = id;
  }
}

/** Looks that were missed because nobody asked; after so many nothing changes any more. */
const missedLooksMax = 1_000;

/**
 * Finds endpoints of a service that do worse than the others and takes them out for a while: Envoy's outlier detection, with its
 * rules (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier). An error of the connection counts as an
 * answer of 502, 503 or 504 (Envoy's way without `split_external_local_origin_errors`).
 *
 * There is no timer: looks that were due happen, with the times when they were due, before anything is recorded or asked. Call
 * `tick()` from a timer to have them at once.
 *
 * @example
 * const outliers = new OutlierDetector({ consecutive5xx: 3 });
 * outliers.update(['10.0.0.1:80', '10.0.0.2:80']);
 * outliers.record('10.0.0.1:80', 500);
 * outliers.isEjected('10.0.0.1:80'); // false: the first of three
 */
export class OutlierDetector {
  readonly config: Readonly<OutlierConfig>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onChange: ((change: OutlierChange) => void) | undefined;
  #watched = new Map<string, Watched>();
  #ejected = 0;
  #nextLookMs: number;

  /** Throws ResilienceError HW_RESILIENCE_CONFIG for settings out of their range. */
  constructor(config: Partial<OutlierConfig> = {}, options: OutlierDetectorOptions = {}) {
    this.config = completeOutlierConfig(config);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#onChange = options.onChange;
    this.#nextLookMs = this.#clock.nowMs() + this.config.intervalMs;
  }

  /** The endpoints of the service from now on; what is known of those that stay is kept. */
  update(ids: Iterable<string>): void {
    this.tick();
    const before = this.#watched;
    this.#watched = new Map();
    this.#ejected = 0;
    for (const id of ids) {
      const watched = before.get(id) ?? new Watched(id);
      this.#watched.set(id, watched);
      if (watched.isEjected) this.#ejected++;
    }
  }

  isEjected(id: string): boolean {
    this.tick();
    return this.#watched.get(id)?.isEjected === true;
  }

  /** Whether any endpoint is ejected: a quick no for the usual case. */
  get hasEjected(): boolean {
    this.tick();
    return this.#ejected > 0;
  }

  /** Counts an answer by its status; 502, 503 or 504 for one that did not come. Unknown ids are not counted. */
  record(id: string, status: number): void {
    const nowMs = this.tick();
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    watched.requests++;
    if (status < 500) {
      watched.successes++;
      watched.consecutive5xx = 0;
      watched.consecutiveGatewayFailure = 0;
      return;
    }
    const { config } = this;
    // The threshold is met once; an ejection that may not be starts the count anew.
    if (status >= 502 && status <= 504) {
      if (++watched.consecutiveGatewayFailure === config.consecutiveGatewayFailure) {
        const reason = `${config.consecutiveGatewayFailure} answers of 502, 503 or 504 in a row`;
        this.#found(watched, 'consecutiveGatewayFailure', config.enforcingConsecutiveGatewayFailure, reason, nowMs);
        watched.consecutiveGatewayFailure = 0;
      }
    } else watched.consecutiveGatewayFailure = 0;
    if (++watched.consecutive5xx >= config.consecutive5xx) {
      const reason = `${config.consecutive5xx} answers of 5xx in a row`;
      this.#found(watched, 'consecutive5xx', config.enforcingConsecutive5xx, reason, nowMs);
      watched.consecutive5xx = 0;
    }
  }

  /** Takes an endpoint out by hand, or (false) lets it back. False when it is not known. */
  setEjected(id: string, isEjected: boolean, reason = 'by hand'): boolean {
    const nowMs = this.tick();
    const watched = this.#watched.get(id);
    if (watched === undefined) return false;
    if (isEjected && !watched.isEjected) this.#eject(watched, 'byHand', reason, nowMs);
    else if (!isEjected && watched.isEjected) this.#return(watched, reason, nowMs);
    return true;
  }

  states(): OutlierState[] {
    this.tick();
    return [...this.#watched.values()].map((watched) => ({
      id: watched.id,
      isEjected: watched.isEjected,
      ejectedAtMs: watched.isEjected ? watched.ejectedAtMs : null,
      ejectedUntilMs: watched.isEjected ? watched.ejectedAtMs + watched.ejectedForMs : null,
      cause: watched.isEjected ? watched.cause : null,
      reason: watched.isEjected ? watched.reason : null,
      ejections: watched.ejections,
      consecutive5xx: watched.consecutive5xx,
      successRate: watched.successRate,
    }));
  }

  /** Does the looks that are due, and gives back the time. */
  tick(): number {
    const nowMs = this.#clock.nowMs();
    if (nowMs < this.#nextLookMs) return nowMs;
    const { intervalMs } = this.config;
    const due = Math.floor((nowMs - this.#nextLookMs) / intervalMs) + 1;
    if (due > missedLooksMax) this.#nextLookMs += (due - missedLooksMax) * intervalMs;
    while (this.#nextLookMs <= nowMs) {
      this.#look(this.#nextLookMs);
      this.#nextLookMs += intervalMs;
    }
    return nowMs;
  }

  #look(nowMs: number): void {
    for (const watched of this.#watched.values()) {
      if (watched.isEjected && nowMs - watched.ejectedAtMs >= watched.ejectedForMs)
        this.#return(watched, 'its time is over', nowMs);
      watched.successRate = watched.requests === 0 ? null : (watched.successes * 100) / watched.requests;
    }
    this.#compareRates(nowMs);
    for (const watched of this.#watched.values()) {
      watched.requests = 0;
      watched.successes = 0;
      const isGood = !watched.isEjected && watched.returnedAtMs !== undefined;
      if (isGood && watched.backOff > 0 && nowMs - watched.returnedAtMs! >= this.config.intervalMs) watched.backOff--;
    }
  }

  #compareRates(nowMs: number): void {
    const { config } = this;
    const rated: Watched[] = [];
    const counted: Watched[] = [];
    for (const watched of this.#watched.values()) {
      if (watched.isEjected || watched.successRate === null) continue;
      if (watched.requests >= config.successRateRequestVolume) rated.push(watched);
      if (watched.requests >= config.failurePercentageRequestVolume) counted.push(watched);
    }
    if (rated.length > 0 && rated.length >= config.successRateMinimumHosts) {
      const mean = rated.reduce((sum, each) => sum + each.successRate!, 0) / rated.length;
      const variance = rated.reduce((sum, each) => sum + (each.successRate! - mean) ** 2, 0) / rated.length;
      const threshold = mean - (config.successRateStdevFactor / 1_000) * Math.sqrt(variance);
      for (const each of rated)
        if (each.successRate! < threshold) {
          const reason = `${shown(each.successRate!)} % of its answers were good, the mean is ${shown(mean)} %, the bound ${shown(threshold)} %`;
          this.#found(each, 'successRate', config.enforcingSuccessRate, reason, nowMs);
        }
    }
    if (counted.length > 0 && counted.length >= config.failurePercentageMinimumHosts)
      for (const each of counted)
        if (100 - each.successRate! >= config.failurePercentageThreshold) {
          const reason = `${shown(100 - each.successRate!)} % of its answers failed`;
          this.#found(each, 'failurePercentage', config.enforcingFailurePercentage, reason, nowMs);
        }
  }

  #found(watched: Watched, cause: OutlierCause, enforcingPercent: number, reason: string, nowMs: number): void {
    if (watched.isEjected) return;
    const share = (100 * (this.#ejected + 1)) / this.#watched.size;
    const mayBe = share <= this.config.maxEjectionPercent || (this.config.alwaysEjectOneHost && this.#ejected === 0);
    if (mayBe && this.#random() * 100 < enforcingPercent) this.#eject(watched, cause, reason, nowMs);
  }

  #eject(watched: Watched, cause: OutlierCause, reason: string, nowMs: number): void {
    const { baseEjectionTimeMs, maxEjectionTimeMs, maxEjectionTimeJitterMs } = this.config;
    this.#ejected++;
    watched.isEjected = true;
    watched.ejections++;
    watched.cause = cause;
    watched.reason = reason;
    watched.ejectedAtMs = nowMs;
    if (watched.backOff * baseEjectionTimeMs < maxEjectionTimeMs + baseEjectionTimeMs) watched.backOff++;
    watched.ejectedForMs =
      Math.min(watched.backOff * baseEjectionTimeMs, maxEjectionTimeMs) +
      Math.floor(this.#random() * (maxEjectionTimeJitterMs + 1));
    this.#onChange?.({ id: watched.id, change: 'ejected', cause, atMs: nowMs, reason });
  }

  #return(watched: Watched, reason: string, nowMs: number): void {
    this.#ejected--;
    watched.isEjected = false;
    watched.returnedAtMs = nowMs;
    watched.consecutive5xx = 0;
    watched.consecutiveGatewayFailure = 0;
    this.#onChange?.({ id: watched.id, change: 'returned', cause: watched.cause, atMs: nowMs, reason });
  }
}

function shown(percent: number): string {
  return String(Math.round(percent * 10) / 10);
}
