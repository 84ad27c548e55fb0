import type { RecordHeader } from '@headwater/protocol';
import { StreamsError } from '../streams-error.ts';
import { type Processor, type ProcessorContext, ProcessorOperator, type StreamRecord } from './processor.ts';

/** A record whose key stays what it is; another value, time or headers make another record. */
export class FixedKeyRecord<K, V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly headers: RecordHeader[] | undefined;

  /** @internal Made by the step that reads the record: so no key comes in that the partition was not chosen by. */
  constructor(made: typeof byTheStep, key: K, value: V, timestamp: number, headers: RecordHeader[] | undefined) {
    if (made !== byTheStep)
      throw new StreamsError('HW_STREAMS_PROCESSING', 'A record with a fixed key is made of another');
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.headers = headers;
  }

  withValue<VOut>(value: VOut): FixedKeyRecord<K, VOut> {
    return new FixedKeyRecord(byTheStep, this.key, value, this.timestamp, this.headers);
  }

  withTimestamp(timestamp: number): FixedKeyRecord<K, V> {
    return new FixedKeyRecord(byTheStep, this.key, this.value, timestamp, this.headers);
  }

  withHeaders(headers: RecordHeader[]): FixedKeyRecord<K, V> {
    return new FixedKeyRecord(byTheStep, this.key, this.value, this.timestamp, headers);
  }
}

const byTheStep: unique symbol = Symbol('made by the step');

export interface FixedKeyProcessorContext<K, VOut> extends Omit<ProcessorContext<K, VOut>, 'forward'> {
  forward(record: FixedKeyRecord<K, VOut>): void;
}

/**
 * A step of one's own that keeps the key, so that what follows needs no repartition topic.
 *
 * @example
 * class Numbered implements FixedKeyProcessor<string, string, string> {
 *   #count = 0;
 *   process(record: FixedKeyRecord<string, string>, context: FixedKeyProcessorContext<string, string>) {
 *     context.forward(record.withValue(`${++this.#count} ${record.value}`));
 *   }
 * }
 */
export interface FixedKeyProcessor<K, V, VOut> {
  init?(context: FixedKeyProcessorContext<K, VOut>): void;
  process(record: FixedKeyRecord<K, V>, context: FixedKeyProcessorContext<K, VOut>): void;
  close?(): void;
}

/** Puts a `FixedKeyProcessor` into a task. */
export function fixedKeyOperator<K, V, VOut>(
  processor: FixedKeyProcessor<K, V, VOut>,
): ProcessorOperator<K, V, K, VOut> {
  const inner: Processor<K, V, K, VOut> = {
    init: (context) => processor.init?.(context as FixedKeyProcessorContext<K, VOut>),
    process({ headers, key, timestamp, value }: StreamRecord<K, V>, context) {
      const record = new FixedKeyRecord(byTheStep, key, value, timestamp, headers);
      processor.process(record, context as FixedKeyProcessorContext<K, VOut>);
    },
    close: () => processor.close?.(),
  };
  return new ProcessorOperator(inner);
}
