import type { ProducerBatch } from './producer-batch.ts';

/**
 * The batches of one partition, in order: several may be in flight. When one fails all later ones do, too, as the broker
 * takes sequences in order only; so they are held until the last has its answer, and go again from the first.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** To be sent; the last one takes records. */
  readonly batches: ProducerBatch[] = [];
  inFlight: ProducerBatch[] = [];
  /** Failed, and to be sent again when nothing is in flight any more. */
  held: ProducerBatch[] = [];
  /** While it waits to send those again. */
  isPausing = false;
  /** One at a time, until one succeeds: after a failure, and with a new identity. */
  isCareful = false;
  nextSequence = 0;
  /** The generation of the producer's identity that `nextSequence` counts for. */
  identity = -1;
  private nextOrder = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  takeOrder(): number {
    return this.nextOrder++;
  }

  /** Whether another batch may be sent beside those in flight. */
  hasRoom(inFlightMax: number): boolean {
    if (this.isPausing || this.held.length > 0) return false;
    return this.inFlight.length < (this.isCareful ? 1 : inFlightMax);
  }

  remove(batch: ProducerBatch): void {
    this.inFlight = this.inFlight.filter((one) => one !== batch);
    this.held = this.held.filter((one) => one !== batch);
  }

  hold(batch: ProducerBatch): void {
    this.remove(batch);
    this.held.push(batch);
  }

  /** To its place among those that are to be sent. */
  putBack(batch: ProducerBatch): void {
    this.remove(batch);
    const at = this.batches.findIndex(({ order }) => order > batch.order);
    this.batches.splice(at < 0 ? this.batches.length : at, 0, batch);
  }

  /** Batches with a sequence that nobody has the answer to. */
  private get sequenced(): ProducerBatch[] {
    return [...this.inFlight, ...this.held, ...this.batches].filter(({ producer }) => producer !== null);
  }

  hasEarlierInFlight(batch: ProducerBatch): boolean {
    return this.inFlight.some(({ order }) => order < batch.order);
  }

  hasEarlier(batch: ProducerBatch): boolean {
    return this.sequenced.some(({ order }) => order < batch.order);
  }

  hasLater(batch: ProducerBatch): boolean {
    return this.sequenced.some(({ order }) => order > batch.order);
  }

  all(): ProducerBatch[] {
    return [...this.inFlight, ...this.held, ...this.batches];
  }
}
