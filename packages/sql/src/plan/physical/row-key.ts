import { type Serde, sessionWindowedSerde, timeWindowedSerde } from '@headwater/streams';
import type { WindowInfo } from '../../catalog/data-source.ts';
import type { RowCodec } from '../../formats/format.ts';
import type { Column } from '../../schema/column.ts';
import { rowSerde, valueSerde } from '../row-serde.ts';

/**
 * The keys of rows as they travel: null without columns, the value itself with one, an array with more. Windowed ones stand in
 * `{ key, window }`.
 */
export interface RowKey {
  readonly columns: readonly Column[];
  readonly window: WindowInfo | null;
  /** As topics have them. */
  readonly serde: Serde<unknown>;
  /** As stores have them: nobody else reads those. */
  readonly storeSerde: Serde<unknown>;
}

/** By the format of a topic. */
export function formatKey(columns: readonly Column[], window: WindowInfo | null, codec: RowCodec): RowKey {
  const serde = windowed(plainSerde(columns, codec), window);
  return { columns, window, serde, storeSerde: windowed(internalSerde(columns), window) };
}

/** As it is within a query only. */
export function internalKey(columns: readonly Column[]): RowKey {
  const serde = internalSerde(columns);
  return { columns, window: null, serde, storeSerde: serde };
}

function internalSerde(columns: readonly Column[]): Serde<unknown> {
  const types = columns.map(({ type }) => type);
  return types.length === 1 ? valueSerde(types[0]!) : (rowSerde(types) as Serde<unknown>);
}

export function withWindow(key: RowKey, window: WindowInfo): RowKey {
  return { ...key, window, serde: windowed(key.serde, window), storeSerde: windowed(key.storeSerde, window) };
}

function windowed(serde: Serde<unknown>, window: WindowInfo | null): Serde<unknown> {
  if (window === null) return serde;
  const made = window.type === 'SESSION' ? sessionWindowedSerde(serde) : timeWindowedSerde(serde, window.sizeMs!);
  const { prepare } = serde;
  const windowBytes = window.type === 'SESSION' ? 16 : 8;
  return {
    ...made,
    ...(prepare && {
      prepare: (data: Buffer, start: number, end: number, topic: string) =>
        prepare.call(serde, data, start, end - windowBytes, topic),
    }),
  } as Serde<unknown>;
}

function plainSerde(columns: readonly Column[], codec: RowCodec): Serde<unknown> {
  const prepare = codec.prepare?.bind(codec);
  const more = prepare === undefined ? {} : { prepare };
  if (columns.length === 0) {
    return { encode: () => '', write: (_key, _target, start) => start, decode: () => null, ...more };
  }
  if (columns.length === 1) {
    if (codec.bare !== undefined) return codec.bare;
    return {
      encode: (value, topic) => codec.encode([value], topic),
      decode: (data, start, end, topic) => codec.decode(data, start, end, topic)[0] ?? null,
      ...(codec.write && {
        write: (value: unknown, target: Buffer, start: number, limit: number, topic: string) =>
          codec.write!([value], target, start, limit, topic),
      }),
      ...more,
    };
  }
  return codec as Serde<unknown>;
}
