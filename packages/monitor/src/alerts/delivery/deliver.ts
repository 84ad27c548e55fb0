import type { KafkaClient } from '@headwater/client';
import { TopicSchema } from '@headwater/events';
import type { Logger } from '@headwater/logger';
import { AlertError } from '../alert-error.ts';
import { type AlertEvent, alertSchema, alertsTopic } from '../alert-schema.ts';
import type { IntegrationConfig, Receiver } from '../config/receiver-config.ts';
import type { Message } from './message.ts';
import type { Parcel } from './outbox.ts';
import { deliveryIdHeader } from './post-json.ts';
import { sendEmail } from './send-email.ts';
import { sendSlack } from './send-slack.ts';
import { sendWebhook } from './send-webhook.ts';

export interface DeliverOptions {
  readonly client: KafkaClient;
  readonly registryUrl: string | undefined;
  readonly logger: Logger;
  receivers(): readonly Receiver[];
  onConsole(message: Message, id: string): void;
}

/** The lane of what goes onto `headwater-alerts`. */
export const eventsLane = `topic ${alertsTopic}`;
const weekMs = 7 * 86_400_000;

/** Hands parcels to whom they are for. */
export class Deliver {
  readonly #options: DeliverOptions;
  readonly #schema: TopicSchema;
  readonly #topics = new Set<string>();

  constructor(options: DeliverOptions) {
    this.#options = options;
    const { logger, registryUrl } = options;
    this.#schema = new TopicSchema({ topic: alertsTopic, schema: alertSchema, registryUrl, logger });
  }

  /** Resolves when the receiver has acknowledged it. */
  async send({ body, id, lane }: Parcel, signal: AbortSignal): Promise<void> {
    if (lane === eventsLane)
      return await this.#produce(alertsTopic, (body as AlertEvent).labels['service'] ?? null, body, id, signal);
    const config = this.#find(lane);
    if (config === undefined) {
      // Whom it was for is no longer in the configuration: nobody wants it.
      this.#options.logger.warn(
        { receiver: lane, id },
        'a message about alerts is for a receiver that is no longer there',
      );
      return;
    }
    await this.sendTo(config, body as Message, id, signal);
  }

  async sendTo(config: IntegrationConfig, message: Message, id: string, signal: AbortSignal): Promise<void> {
    switch (config.kind) {
      case 'webhook':
        return await sendWebhook(config, message, id, signal);
      case 'slack':
        return await sendSlack(config, message, id, signal);
      case 'email':
        return await sendEmail(config, message, id, signal);
      case 'topic':
        return await this.#produce(config.topic, message.groupKey, message, id, signal);
      case 'console':
        return this.#options.onConsole(message, id);
    }
  }

  close(): void {
    this.#schema.close();
  }

  #find(lane: string): IntegrationConfig | undefined {
    for (const { integrations, name } of this.#options.receivers())
      for (const [index, config] of integrations.entries())
        if (laneOf(name, config.kind, index) === lane) return config;
    return undefined;
  }

  async #produce(topic: string, key: string | null, value: object, id: string, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    try {
      if (!this.#topics.has(topic)) {
        const configs: Record<string, number> = topic === alertsTopic ? { 'retention.ms': weekMs } : {};
        await client.createTopics([{ name: topic, partitions: 1, configs }], { signal });
        this.#topics.add(topic);
      }
      const headers = [{ key: deliveryIdHeader, value: id }, ...(topic === alertsTopic ? this.#schema.headers : [])];
      await client.produce({ topic, records: [{ key, value: JSON.stringify(value), headers }], signal });
    } catch (cause) {
      this.#topics.delete(topic);
      throw new AlertError(
        'HW_ALERTS_DELIVERY',
        `the topic ${topic} does not take it: ${(cause as Error).message}`,
        cause,
      );
    }
  }
}

export function laneOf(receiver: string, kind: string, index: number): string {
  return `${receiver}/${kind}[${index}]`;
}
