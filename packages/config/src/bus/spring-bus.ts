import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import {
  ackEvent,
  type BusEvent,
  busHeaders,
  environmentChangeEvent,
  matchesDestination,
  parseBusEvent,
  refreshEvent,
} from './bus-event.ts';
import type { EventOutlet } from './event-outlet.ts';

const topic = 'springCloudBus';
const maxSent = 200;
const maxAcks = 1_000;

/** An event that went out, and who has said that it followed it. */
export interface SentEvent {
  id: string;
  type: string;
  destination: string;
  timestampMs: number;
  acks: { service: string; timestampMs: number }[];
}

/** Spring Cloud Bus on its Kafka topic: tells applications to fetch their configuration, and hears that they did. */
export class SpringBus {
  /** This server on the bus: `config-server:8888:…`, as Spring's ids are. */
  readonly id: string;
  readonly #client: KafkaClient;
  readonly #outlet: EventOutlet;
  readonly #logger: Logger;
  readonly #sent: SentEvent[] = [];
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;

  constructor(options: { id: string; client: KafkaClient; outlet: EventOutlet; logger: Logger }) {
    this.id = options.id;
    this.#client = options.client;
    this.#outlet = options.outlet;
    this.#logger = options.logger;
  }

  /** The newest first. */
  get sent(): readonly SentEvent[] {
    return this.#sent;
  }

  start(): void {
    this.#following = this.#follow().catch(() => {});
  }

  refresh(destination: string): BusEvent {
    return this.#send(refreshEvent(this.id, destination, Date.now()));
  }

  changeEnvironment(destination: string, values: Record<string, string>): BusEvent {
    return this.#send(environmentChangeEvent(this.id, destination, values, Date.now()));
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the configuration server is closing'));
    await this.#following;
  }

  #send(event: BusEvent): BusEvent {
    this.#publish(event);
    this.#sent.unshift({
      id: event.id,
      type: event.type,
      destination: event.destinationService,
      timestampMs: event.timestamp,
      acks: [],
    });
    if (this.#sent.length > maxSent) this.#sent.pop();
    return event;
  }

  #publish(event: BusEvent): void {
    this.#outlet.push({ topic, key: null, value: JSON.stringify(event), headers: busHeaders });
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#outlet.prepare();
        const tail = this.#client.tail({ topics: [topic], from: 'latest', signal });
        try {
          for await (const batch of tail) for (const { value } of batch.records()) this.#take(value);
        } finally {
          await tail.close();
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.debug({ error: (error as Error).message }, 'the bus cannot be followed: tried again');
        await sleep(2_000, undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }

  #take(value: Uint8Array | null): void {
    if (value === null || value.length > 100_000) return;
    const event = parseBusEvent(Buffer.from(value).toString('utf8'));
    if (event === undefined || event.originService === this.id) return;
    if (event.type === 'AckRemoteApplicationEvent') {
      const sent = this.#sent.find(({ id }) => id === event.ackId);
      if (sent !== undefined && sent.acks.length < maxAcks) {
        sent.acks.push({ service: event.originService, timestampMs: event.timestamp });
      }
      return;
    }
    // Nothing of ours needs a refresh, but whoever sent one to all waits for all acks.
    const isRefresh =
      event.type === 'RefreshRemoteApplicationEvent' || event.type === 'EnvironmentChangeRemoteApplicationEvent';
    if (isRefresh && matchesDestination(event.destinationService ?? '**', this.id)) {
      this.#publish(ackEvent(this.id, event, Date.now()));
    }
  }
}
