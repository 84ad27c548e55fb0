import type { KafkaClient } from '@headwater/client';
import { HttpAsker, reasonOf } from '../ask/http-asker.ts';

/** A message for people. */
export interface ServiceNotification {
  /** Up to 200 characters. */
  title: string;
  text?: string;
  /** Default `info`. */
  severity?: 'info' | 'warning' | 'critical';
  /** Begins with http://, https:// or /. */
  link?: string;
  labels?: Readonly<Record<string, string>>;
}

export interface ServiceEventsOptions {
  service: string;
  instance: () => string;
  /** Where the monitor is. */
  monitorUrl: string | undefined;
  /** Where the topics are, when no monitor is named. */
  kafkaUrl: string | undefined;
  ca?: string | undefined;
  traceId: () => string | undefined;
  logger: { warn(fields: object, message: string): void; debug(fields: object, message: string): void };
}

interface Trigger {
  service: string;
  instance: string;
  trigger: string;
  count: number;
  via: 'call';
  attributes: Readonly<Record<string, string>>;
}

const lingerMs = 250;
const retryMaxMs = 10_000;
/** Names with attributes that wait, and notifications that wait; one more is dropped and counted. */
const waitingMax = 1_000;
const closeTimeoutMs = 1_000;
const countMax = 1_000_000;
const weekMs = 7 * 86_400_000;
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}._:/-]{0,99}$/u;

/**
 * Counts what happens and sends messages, in the background: to the monitor (`HEADWATER_MONITOR_URL`), else to its topics. Neither waits nor fails; what cannot be
 * sent waits within bounds.
 */
export class ServiceEvents {
  dropped = 0;
  readonly #options: ServiceEventsOptions;
  readonly #triggers = new Map<string, Trigger>();
  readonly #notifications: Record<string, unknown>[] = [];
  #asker: HttpAsker | undefined;
  #client: KafkaClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #delayMs = lingerMs;
  #isClosing = false;
  #isFailing = false;

  constructor(options: ServiceEventsOptions) {
    this.#options = options;
  }

  count(trigger: string, count: number, attributes: Readonly<Record<string, string>>): void {
    if (!namePattern.test(trigger))
      throw new TypeError(`"${trigger}" is no name of a trigger: letters, digits and . _ : / -, 100 at most`);
    if (!Number.isInteger(count) || count < 1)
      throw new TypeError(`a trigger is counted by whole numbers from 1, not by ${count}`);
    const key = `${trigger}\n${JSON.stringify(attributes)}`;
    const known = this.#triggers.get(key);
    if (known !== undefined && known.count + count <= countMax) known.count += count;
    else if (this.#isClosing || known !== undefined || this.#triggers.size >= waitingMax) this.dropped += count;
    else {
      const { instance, service } = this.#options;
      this.#triggers.set(key, { service, instance: instance(), trigger, count, via: 'call', attributes });
      this.#wake();
    }
  }

  notify(notification: ServiceNotification): void {
    if (this.#isClosing || this.#notifications.length >= waitingMax) {
      this.dropped += 1;
      return;
    }
    const traceId = this.#options.traceId();
    this.#notifications.push({ service: this.#options.service, ...(traceId && { traceId }), ...notification });
    this.#wake();
  }

  /** Sends what waits, within a second. May be called twice. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    const late = new Promise<void>((resolve) => setTimeout(resolve, closeTimeoutMs).unref());
    await Promise.race([Promise.resolve(this.#sending).then(() => this.#flush()), late]);
    this.#asker?.close();
    await this.#client?.close();
  }

  #wake(): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#isClosing) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#flush().finally(() => {
        this.#sending = undefined;
        if (this.#triggers.size > 0 || this.#notifications.length > 0) this.#wake();
      });
    }, this.#delayMs);
    this.#timer.unref();
  }

  async #flush(): Promise<void> {
    const { kafkaUrl, logger, monitorUrl } = this.#options;
    if (monitorUrl === undefined && kafkaUrl === undefined) {
      this.#triggers.clear();
      this.#notifications.length = 0;
      logger.debug({}, 'nobody counts triggers: HEADWATER_MONITOR_URL is not set');
      return;
    }
    const triggers = [...this.#triggers.values()];
    this.#triggers.clear();
    try {
      if (triggers.length > 0) {
        if (monitorUrl === undefined) await this.#produce('headwater-service-triggers', triggers);
        else await this.#post(monitorUrl, '/triggers', triggers);
      }
    } catch (error) {
      for (const { attributes, count, trigger } of triggers) this.#again(trigger, count, attributes);
      return this.#failed(error);
    }
    try {
      for (let next = this.#notifications[0]; next !== undefined; next = this.#notifications[0]) {
        if (monitorUrl === undefined) await this.#produce('headwater-notifications', [notificationRecord(next)]);
        else await this.#post(monitorUrl, '/notify', next);
        this.#notifications.shift();
      }
    } catch (error) {
      return this.#failed(error);
    }
    this.#delayMs = lingerMs;
    this.#isFailing = false;
  }

  #again(trigger: string, count: number, attributes: Readonly<Record<string, string>>): void {
    const { instance, service } = this.#options;
    const key = `${trigger}\n${JSON.stringify(attributes)}`;
    const known = this.#triggers.get(key);
    const sum = Math.min(countMax, count + (known?.count ?? 0));
    this.#triggers.set(key, { service, instance: instance(), trigger, count: sum, via: 'call', attributes });
  }

  #failed(error: unknown): void {
    this.#delayMs = Math.min(retryMaxMs, this.#delayMs * 2);
    if (!this.#isFailing)
      this.#options.logger.warn({ reason: reasonOf(error) }, 'triggers and notifications wait: they cannot be sent');
    this.#isFailing = true;
  }

  async #post(base: string, path: string, body: unknown): Promise<void> {
    this.#asker ??= new HttpAsker({ ca: this.#options.ca, maxBodyBytes: 64 * 1024 });
    const { status, body: answer } = await this.#asker.ask(base.replace(/\/$/, '') + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (status < 300) return;
    const reason = `the monitor answered ${status}: ${answer.toString('utf8', 0, 300)}`;
    // Sent again it would be refused again.
    if (status === 400 || status === 413) {
      this.dropped += 1;
      this.#options.logger.warn({ reason }, 'an event was refused, and is dropped');
    } else throw new Error(reason);
  }

  async #produce(topic: string, values: readonly object[]): Promise<void> {
    if (this.#client === undefined) {
      const { createClient } = await import('@headwater/client');
      this.#client = createClient({ bootstrap: this.#options.kafkaUrl!, clientId: this.#options.service });
    }
    await this.#client.createTopics([{ name: topic, partitions: 1, configs: { 'retention.ms': weekMs } }]);
    const records = values.map((value) => ({
      key: this.#options.service,
      value: JSON.stringify({ timestampMs: Date.now(), ...value }),
    }));
    await this.#client.produce({ topic, records });
  }
}

function notificationRecord(given: Record<string, unknown>): object {
  const { labels = {}, link = null, severity = 'info', text = '', traceId = null } = given;
  return { id: crypto.randomUUID(), ...given, severity, text, link, traceId, labels };
}
