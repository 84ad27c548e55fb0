import { type FetchedBatch, type FetchPosition, type KafkaClient, OffsetSpec } from '@headwater/client';
import type { RegistryClient } from '@headwater/serdes';
import type { Serde } from '@headwater/streams';
import type { DataSource } from '../catalog/data-source.ts';
import type { ErrorListener } from '../expressions/expression-writer.ts';
import { rowCodec } from '../formats/row-codec.ts';
import type { Properties } from '../functions/function-registry.ts';
import type { RunRecord } from '../plan/physical/compiled-operator.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import { sourceCodecSpec, sourceKey } from '../plan/physical/source-flow.ts';
import { timestampExtractor } from '../plan/physical/timestamp-column.ts';
import { RowReceiver, recordPlace, rowSelection, type SimpleQuery } from './row-selection.ts';

export interface SelectedRow {
  readonly key: unknown;
  /** Null: the row of the key is gone. */
  readonly row: readonly unknown[] | null;
}

export interface TopicReading {
  readonly client: KafkaClient;
  readonly registry: RegistryClient | null;
  readonly properties: Properties;
  /** Hears of records that cannot be read: they are left out. */
  readonly onError: ErrorListener;
}

type Select = (batch: FetchedBatch) => Promise<SelectedRow[]>;

/**
 * Makes of batches of a source's topic what is selected of them.
 *
 * @param options.isWhole leave out records without value, and those without a key where there are key columns. Default false
 */
export function batchSelector(
  source: DataSource,
  run: RunRecord,
  reading: TopicReading,
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): Select {
  const isKeyNeeded = isWhole && source.schema.key.length > 0;
  const context = reading as unknown as QueryContext;
  const key = sourceKey(source, context).serde;
  const value = rowCodec(sourceCodecSpec(source, 'value', context)) as unknown as Serde<unknown>;
  const timeOf = source.timestamp === null ? null : timestampExtractor(source, context);
  const receiver = new RowReceiver();
  const decoded = async (serde: Serde<unknown>, data: Buffer | null): Promise<unknown> => {
    if (data === null) return null;
    const waiting = serde.prepare?.(data, 0, data.length, source.topic);
    if (waiting !== undefined) await waiting;
    return serde.decode(data, 0, data.length, source.topic);
  };
  return async (batch) => {
    const rows: SelectedRow[] = [];
    receiver.receive = (rowKey, row) => rows.push({ key: rowKey, row });
    for (const record of batch.records()) {
      if ((isWhole && record.value === null) || (isKeyNeeded && record.key === null)) continue;
      try {
        const rowKey = await decoded(key, record.key);
        const row = await decoded(value, record.value);
        let timestamp = record.timestamp;
        if (timeOf !== null) timestamp = timeOf(row, rowKey, timestamp, -1);
        if (timestamp < 0) continue;
        const headers = record.headers as readonly { key: string; value: Buffer | null }[];
        run(rowKey, row, timestamp, recordPlace(batch.partition, record.offset, headers), receiver);
      } catch (error) {
        reading.onError(error);
      }
    }
    return rows;
  };
}

/** What is selected of a stream's rows from its beginning to where it ends now. */
export async function* topicRowsUntilNow(
  query: SimpleQuery,
  context: QueryContext,
  reading: TopicReading,
  signal: AbortSignal,
): AsyncIterableIterator<unknown[][]> {
  const { source } = query.source;
  const select = batchSelector(source, rowSelection(query, context), reading);
  for await (const batch of batchesUntilNow(reading.client, source.topic, signal)) {
    const selected = await select(batch);
    if (selected.length > 0) yield selected.map(({ row }) => row as unknown[]);
  }
}

/**
 * Batches of a topic to where it ends now.
 *
 * @param from offsets by partition; default: its beginning
 */
export async function* batchesUntilNow(
  client: KafkaClient,
  topic: string,
  signal: AbortSignal,
  from: Readonly<Record<number, number>> = {},
): AsyncIterableIterator<FetchedBatch> {
  const { topics } = await client.metadata([topic], { signal });
  const partitions = topics[0]?.partitions.map(({ partition }) => partition) ?? [];
  const at = (spec: number) => ({
    [topic]: Object.fromEntries(partitions.map((each) => [each, spec])),
  });
  const isolation = 'read_committed';
  const begins = await client.listOffsetsOf(at(OffsetSpec.earliest), { signal });
  const ends = await client.listOffsetsOf(at(OffsetSpec.latest), { isolation, signal });
  for (const partition of partitions) {
    const end = ends[topic]![partition]!.offset;
    const offset = Math.max(begins[topic]![partition]!.offset, from[partition] ?? 0);
    const position: FetchPosition = { topic, partition, offset };
    while (position.offset < end && !signal.aborted) {
      const [fetched] = await client.fetch([position], { isolation, maxWaitMs: 100, signal });
      if (fetched === undefined || fetched.errorCode !== 0) {
        throw new Error(`${topic}-${partition} cannot be read at offset ${position.offset}: ${fetched?.errorCode}`);
      }
      for (const batch of fetched.batches) if (batch.header.baseOffset < end) yield batch;
      position.offset = fetched.nextOffset;
    }
  }
}
