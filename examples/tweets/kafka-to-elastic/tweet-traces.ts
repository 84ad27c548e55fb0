import type { HandledRecord, RecordTracing } from '@headwater/service';
import type { InRecord } from '../common/topic-reader.ts';
import type { TweetWithLangModel } from '../common/tweet-schema.ts';
import type { TweetIndex } from './tweet-index.ts';

interface Traced {
  readonly id: string;
  readonly handled: HandledRecord;
  readonly indexing: ReturnType<HandledRecord['child']>;
}

/** The spans of a batch: for each tweet whose trace is recorded one from its record, and below it one for its document. */
export class TweetTraces {
  readonly #traced: Traced[] = [];

  constructor(
    records: RecordTracing,
    { group, index, topic }: { topic: string; group: string; index: TweetIndex },
    tweets: readonly { record: InRecord; value: TweetWithLangModel }[],
  ) {
    for (const { record, value } of tweets) {
      const handled = records.receive({ ...record, topic }, { group });
      if (!handled.isSampled) continue;
      const id = String(value.id);
      const indexing = handled.child(`index ${index.name}`, 'client', {
        'db.system.name': 'elasticsearch',
        'db.operation.name': 'create',
        'db.collection.name': index.name,
        'db.document.id': id,
      });
      this.#traced.push({ id, handled, indexing });
    }
  }

  /** They are in the index. `tell` runs as part of each trace. */
  stored(tell: (tweet: { id: string }) => void): void {
    for (const { handled, id, indexing } of this.#traced) {
      indexing?.end();
      handled.run(() => tell({ id }));
      handled.end();
    }
  }

  /** They come again. */
  failed(error: unknown): void {
    for (const { handled, indexing } of this.#traced) {
      indexing?.fail(error);
      indexing?.end();
      handled.end(error);
    }
  }
}
