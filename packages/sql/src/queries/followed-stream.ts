import type { FetchedBatch, KafkaClient, Tail } from '@headwater/client';
import type { SourceMove, SourceMoves } from '../engine/source-moves.ts';
import { batchesUntilNow } from './topic-rows.ts';

export interface FollowOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly from: 'earliest' | 'latest';
  readonly moves: SourceMoves;
  readonly signal: AbortSignal;
}

/** Batches of a stream's topic as they come; when it is rewound, those of the topic that it has then. */
export class FollowedStream {
  readonly #options: FollowOptions;
  #topic: string;
  #tail: Tail;
  #move: SourceMove | null = null;
  #deafen: () => void;

  constructor(options: FollowOptions) {
    const { from, signal, topic } = options;
    this.#options = options;
    this.#topic = topic;
    this.#tail = this.#open(from);
    this.#deafen = this.#listen();
    signal.addEventListener('abort', () => void this.#close(), { once: true });
  }

  /** Resolves when what comes is heard of. */
  async start(): Promise<void> {
    if (this.#options.signal.aborted) await this.#close();
    else await this.#tail.start();
  }

  async *batches(): AsyncIterableIterator<FetchedBatch> {
    const { client, signal } = this.#options;
    try {
      for (;;) {
        for await (const batch of this.#tail) yield batch;
        const move = this.#move;
        if (signal.aborted || move === null) return;
        // The rest of the old one, which does not grow any more.
        yield* batchesUntilNow(client, this.#topic, signal, this.#tail.offsets()[this.#topic]);
        this.#topic = move.topic;
        this.#move = null;
        this.#tail = this.#open({ offsets: { [move.topic]: move.offsets }, otherwise: 'earliest' });
        this.#deafen = this.#listen();
      }
    } finally {
      await this.#close();
    }
  }

  #open(from: Parameters<KafkaClient['tail']>[0]['from']): Tail {
    return this.#options.client.tail({ topics: [this.#topic], from, isolation: 'read_committed', maxWaitMs: 100 });
  }

  #listen(): () => void {
    const deafen = this.#options.moves.listen(this.#topic, (move) => {
      deafen();
      this.#move = move;
      void this.#tail.close();
    });
    return deafen;
  }

  async #close(): Promise<void> {
    this.#deafen();
    await this.#tail.close();
  }
}
