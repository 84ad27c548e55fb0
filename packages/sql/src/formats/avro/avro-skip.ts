import type { AvroSchema } from '@headwater/serdes';
import { FormatFault } from '../format-fault.ts';
import type { AvroCursor } from './avro-cursor.ts';

type Skip = (cursor: AvroCursor) => null;

/** Passes over a value without making it. Schemas may refer to themselves. */
export function avroSkipper(schema: AvroSchema): Skip {
  return skipper(schema, new Map());
}

function skipper(schema: AvroSchema, known: Map<AvroSchema, Skip>): Skip {
  switch (schema.type) {
    case 'null':
      return () => null;
    case 'boolean':
      return sized(() => 1);
    case 'int':
    case 'long':
    case 'enum':
      return (cursor) => {
        cursor.long();
        return null;
      };
    case 'float':
      return sized(() => 4);
    case 'double':
      return sized(() => 8);
    case 'fixed':
      return sized(() => schema.size);
    case 'bytes':
    case 'string':
      return sized((cursor) => cursor.size());
    case 'array':
      return blocks(skipper(schema.items, known));
    case 'map': {
      const [skipKey, skipValue] = [sized((cursor) => cursor.size()), skipper(schema.values, known)];
      return blocks((cursor) => {
        skipKey(cursor);
        return skipValue(cursor);
      });
    }
    case 'union': {
      const branches = schema.branches.map((branch) => skipper(branch, known));
      return (cursor) => {
        const skip = branches[cursor.size()];
        if (skip === undefined) throw new FormatFault('The number of no branch of a union');
        return skip(cursor);
      };
    }
    default:
      return recordSkipper(schema, known);
  }
}

const depthMax = 500;

function recordSkipper(schema: Extract<AvroSchema, { fields: unknown }>, known: Map<AvroSchema, Skip>): Skip {
  const found = known.get(schema);
  if (found !== undefined) return found;
  let fields: Skip[] = [];
  let depth = 0;
  const skip: Skip = (cursor) => {
    if (depth++ > depthMax) throw new FormatFault(`More than ${depthMax} records within each other`);
    try {
      for (const field of fields) field(cursor);
    } finally {
      depth--;
    }
    return null;
  };
  known.set(schema, skip);
  fields = schema.fields.map((field) => skipper(field.schema, known));
  return skip;
}

function sized(size: (cursor: AvroCursor) => number): Skip {
  return (cursor) => {
    cursor.take(size(cursor));
    return null;
  };
}

function blocks(skip: Skip): Skip {
  return (cursor) => {
    for (let left = cursor.block(); left > 0; left = cursor.block()) for (; left > 0; left--) skip(cursor);
    return null;
  };
}
