import type { Logger } from '@headwater/logger';
import type { HttpGetter } from '../scrape/http-get.ts';
import type { Alert } from './alerts-of-rule.ts';

export interface AlertSenderOptions {
  /** Base addresses of Alertmanagers: the monitor, and others. */
  urls: () => readonly string[];
  externalUrl: string;
  externalLabels: Readonly<Record<string, string>>;
  getter: HttpGetter;
  logger: Logger;
  /** How often a firing alert is told again. Default a minute. */
  resendMs?: number;
}

interface Waiting {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
}

const waitingMax = 10_000;
const batchMax = 64;
const timeoutMs = 10_000;
const retryMaxMs = 30_000;

/** Tells firing and resolved alerts by Alertmanager's API (`POST /api/v2/alerts`): again and again while they fire, so that one that was lost is not. */
export class AlertSender {
  sent = 0;
  dropped = 0;
  errors = 0;
  readonly #options: AlertSenderOptions;
  readonly #resendMs: number;
  readonly #stop = new AbortController();
  #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;
  #retryMs = 1_000;
  #isTold = false;

  constructor(options: AlertSenderOptions) {
    this.#options = options;
    this.#resendMs = options.resendMs ?? 60_000;
  }

  /** @param alerts of one rule; those that are not due are left out */
  tell(alerts: readonly Alert[], query: string, timeMs: number, intervalMs: number): void {
    if (this.#options.urls().length === 0) return;
    const { externalLabels, externalUrl } = this.#options;
    for (const alert of alerts) {
      if (alert.state === 'pending') continue;
      const isNewlyResolved = alert.resolvedMs !== null && alert.resolvedMs > alert.sentMs;
      if (!isNewlyResolved && alert.sentMs + this.#resendMs > timeMs) continue;
      alert.sentMs = timeMs;
      // One that is not told again ends by itself.
      const endsMs = alert.resolvedMs ?? timeMs + 4 * Math.max(intervalMs, this.#resendMs);
      this.#waiting.push({
        labels: { ...externalLabels, ...alert.labels.toObject() },
        annotations: alert.annotations,
        startsAt: new Date(alert.firedMs ?? alert.activeMs).toISOString(),
        endsAt: new Date(endsMs).toISOString(),
        generatorURL: `${externalUrl}/graph?g0.expr=${encodeURIComponent(query)}&g0.tab=1`,
      });
    }
    const over = this.#waiting.length - waitingMax;
    if (over > 0) {
      this.#waiting.splice(0, over);
      this.dropped += over;
    }
    if (this.#waiting.length > 0) this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the sender of alerts is closing'));
    await this.#sending;
  }

  async #send(): Promise<void> {
    const { signal } = this.#stop;
    while (this.#waiting.length > 0 && !signal.aborted) {
      const batch = this.#waiting.slice(0, batchMax);
      const results = await Promise.all(this.#options.urls().map((url) => this.#post(url, JSON.stringify(batch))));
      if (signal.aborted) return;
      // One that takes them is enough: Alertmanagers tell each other.
      if (results.includes(null)) {
        this.#waiting.splice(0, batch.length);
        this.sent += batch.length;
        this.#retryMs = 1_000;
        this.#isTold = false;
        continue;
      }
      this.errors += 1;
      if (!this.#isTold)
        this.#options.logger.warn(
          { reason: results[0], waiting: this.#waiting.length },
          'alerts wait: no Alertmanager takes them',
        );
      this.#isTold = true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#retryMs);
        timer.unref();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    }
  }

  /** @returns what went wrong; null: nothing */
  async #post(url: string, body: string): Promise<string | null> {
    try {
      const { status } = await this.#options.getter.ask(`${url.replace(/\/+$/, '')}/api/v2/alerts`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
        timeoutMs,
        maxBodyBytes: 1_000_000,
        signal: this.#stop.signal,
      });
      return status >= 200 && status < 300 ? null : `HTTP status ${status}`;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
