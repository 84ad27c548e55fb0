import { type FetchedBatch, type FetchPosition, type KafkaClient, OffsetSpec } from '@headwater/client';
import type { RegistryClient } from '@headwater/serdes';
import type { Serde } from '@headwater/streams';
import type { ErrorListener } from '../expressions/expression-writer.ts';
import { rowCodec } from '../formats/row-codec.ts';
import type { Properties } from '../functions/function-registry.ts';
import { withColumns } from '../plan/physical/build-step.ts';
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

export interface SelectorOptions {
  /** Records without value, and those without a key where there are key columns, are left out. Default false. */
  readonly isWhole?: boolean;
}

/** Makes of batches of a source's topic what is selected of them; only the columns that the query names are read. */
export function batchSelector(
  query: SimpleQuery,
  context: QueryContext,
  reading: TopicReading,
  { isWhole = false }: SelectorOptions = {},
): Select {
  const { source } = query.source;
  const isKeyNeeded = (isWhole || source.kind === 'TABLE') && source.schema.key.length > 0;
  const run = rowSelection(query, context);
  const key = sourceKey(source, context).serde;
  const codec = rowCodec({ ...sourceCodecSpec(source, 'value', context), wanted: wantedColumns(query) });
  const value = codec as unknown as Serde<unknown>;
  const timeOf = source.timestamp === null ? null : timestampExtractor(source, context);
  const receiver = new RowReceiver();
  const { topic } = source;
  const preparing = (serde: Serde<unknown>, data: Buffer | null) =>
    data === null ? undefined : serde.prepare?.(data, 0, data.length, topic);
  const decoded = (serde: Serde<unknown>, data: Buffer | null) =>
    data === null ? null : serde.decode(data, 0, data.length, topic);
  return async (batch) => {
    const rows: SelectedRow[] = [];
    receiver.receive = (rowKey, row) => rows.push({ key: rowKey, row });
    for (const record of batch.records()) {
      if ((isWhole && record.value === null) || (isKeyNeeded && record.key === null)) continue;
      try {
        // Schemas that are not known yet are waited for; else there is no promise for a record.
        const keySchema = preparing(key, record.key);
        if (keySchema !== undefined) await keySchema;
        const valueSchema = preparing(value, record.value);
        if (valueSchema !== undefined) await valueSchema;
        const rowKey = decoded(key, record.key);
        const row = decoded(value, record.value);
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

/** The places of the value's columns that are read. */
function wantedColumns({ filters, project, source: { source } }: SimpleQuery): number[] {
  const needed = withColumns(new Set(), [...filters, ...project.items.map(({ expression }) => expression)]);
  return source.schema.value.flatMap(({ name }, at) =>
    needed.has(name) || source.timestamp?.name === name ? [at] : [],
  );
}

/** What is selected of a stream's rows from its beginning to where it ends now. */
export async function* topicRowsUntilNow(
  query: SimpleQuery,
  context: QueryContext,
  reading: TopicReading,
  signal: AbortSignal,
): AsyncIterableIterator<unknown[][]> {
  const { source } = query.source;
  const select = batchSelector(query, context, reading);
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
