import type { SqlType } from '../../types/sql-type.ts';
import type { FormatInfo } from '../format.ts';
import { protobufOptions } from './message-shape.ts';

type Fill = (value: unknown) => unknown;

const scalars: Readonly<Record<string, unknown>> = {
  BOOLEAN: false,
  INTEGER: 0,
  BIGINT: 0,
  DOUBLE: 0,
  STRING: '',
  BYTES: Buffer.alloc(0),
};

/**
 * What becomes of a row when it is written as a message and read again: null is the default of its type where the format does not tell one
 * from the other. Null: rows stay as they are.
 */
export function nullDefaults(
  { name, properties }: FormatInfo,
  columns: readonly { readonly type: SqlType }[],
): ((row: readonly unknown[]) => readonly unknown[]) | null {
  if (name !== 'PROTOBUF' && name !== 'PROTOBUF_NOSR') return null;
  if (protobufOptions(properties).nullable !== null) return null;
  const fills = columns.map(({ type }) => fillOf(type));
  return (row) => fills.map((fill, at) => fill(row[at] ?? null));
}

function fillOf(type: SqlType): Fill {
  switch (type.kind) {
    case 'STRUCT': {
      const fields = type.fields.map((field) => fillOf(field.type));
      return (value) => (value === null ? null : fields.map((fill, at) => fill((value as unknown[])[at] ?? null)));
    }
    case 'ARRAY': {
      const fill = fillOf(type.element);
      return (value) => (value === null ? [] : (value as unknown[]).map(fill));
    }
    case 'MAP': {
      const fill = fillOf(type.value);
      return (value) =>
        new Map(Array.from((value as Map<unknown, unknown> | null) ?? [], ([key, each]) => [key, fill(each)]));
    }
    default: {
      // Messages of their own, such as of DECIMAL and DATE, may be absent.
      const zero = scalars[type.kind];
      return zero === undefined ? (value) => value : (value) => value ?? zero;
    }
  }
}
