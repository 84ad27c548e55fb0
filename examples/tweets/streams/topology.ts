import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  type Processor,
  type ProcessorContext,
  type Serde,
  type StreamRecord,
  StreamsBuilder,
  serdes,
  type Topology,
} from '@headwater/streams';
import type { PoisonPolicy } from '../common/poison.ts';
import { type CountRecord, countedHeader } from './count-record.ts';
import { wordLengthMax, wordsOf } from './words.ts';

/** By this name the counts are asked for. */
export const wordCountStore = 'word-count-store';

/** What is kept of a word. */
export interface WordState {
  readonly count: number;
  /** The tweet that made the count: `<partition>:<offset>`. */
  readonly tweet: string;
}

export interface WordCountOptions {
  readonly tweetsTopic: string;
  readonly countsTopic: string;
  /** Reads the text of a tweet. */
  readonly text: Serde<string>;
  /** Writes a count. */
  readonly count: Serde<CountRecord>;
  readonly poison: PoisonPolicy;
  /** Which of the topics that had its name the tweets are in. */
  tweetsTopicId(): string;
}

/** The running count: tweets → words → a count by word, which is the store and, as it changes, the counts' topic. */
export function wordCountTopology(options: WordCountOptions): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<Uint8Array, string>(options.tweetsTopic, { key: serdes.bytes, value: options.text })
    .process(() => new WordsOfTweet(options))
    .groupByKey({ key: serdes.string, value: serdes.string })
    .aggregate<WordState>(
      () => ({ count: 0, tweet: '' }),
      ({ count }, tweet) => ({ count: count + 1, tweet }),
      { store: wordCountStore, value: serdes.json<WordState>() },
    )
    .toStream()
    .processValues(() => new CountRecords(options))
    .to(options.countsTopic, { key: serdes.string, value: options.count });
  return builder.build();
}

/** A record for each word, by the word; its value says which tweet it is of. */
class WordsOfTweet implements Processor<Uint8Array, string | null, string, string> {
  readonly #options: WordCountOptions;

  constructor(options: WordCountOptions) {
    this.#options = options;
  }

  process(record: StreamRecord<Uint8Array, string | null>, context: ProcessorContext<string, string>) {
    const { timestamp, value } = record;
    const { offset, partition } = context.record!;
    if (value === null) {
      const { headers } = record;
      this.#options.poison.report(this.#options.tweetsTopic, { partition, offset, headers }, 'it has no value');
      return;
    }
    const tweet = `${partition}:${offset}`;
    for (const word of wordsOf(value)) {
      if (word.length <= wordLengthMax) context.forward({ key: word, value: tweet, timestamp });
    }
  }
}

class CountRecords implements FixedKeyProcessor<string, WordState, CountRecord> {
  readonly #options: WordCountOptions;

  constructor(options: WordCountOptions) {
    this.#options = options;
  }

  process(record: FixedKeyRecord<string, WordState>, context: FixedKeyProcessorContext<string, CountRecord>): void {
    const { count, tweet } = record.value;
    const counted = countedHeader(this.#options.tweetsTopicId(), tweet);
    context.forward(
      record
        .withValue({ word: record.key, wordCount: count, createdAt: context.now() })
        // Those of the tweet stay: trace and correlation id among them.
        .withHeaders([...(record.headers ?? []).filter(({ key }) => key !== counted.key), counted]),
    );
  }
}
