import type { RenamedBy } from './aliases.ts';
import { type AvroNamed, type AvroRecord, type AvroSchema, typeNameOf } from './avro-schema.ts';

/**
 * Whether two schemas are the same but for namespaces and what has no influence on the bytes. Then branch n of the one union is branch n
 * of the other.
 *
 * @param nameOf the short name of a writer's type, as the reader calls it
 */
export function isSameStructure(
  writer: AvroSchema,
  reader: AvroSchema,
  nameOf: (writer: AvroNamed) => string,
  renamed: RenamedBy | undefined,
  seen = new Map<AvroRecord, AvroRecord>(),
): boolean {
  if (writer === reader) return true;
  const isSame = (a: AvroSchema, b: AvroSchema) => isSameStructure(a, b, nameOf, renamed, seen);
  if ('name' in writer && 'name' in reader && nameOf(writer) !== reader.name) return false;
  switch (writer.type) {
    case 'union':
      return (
        reader.type === 'union' &&
        writer.branches.length === reader.branches.length &&
        writer.branches.every((branch, index) => isSame(branch, reader.branches[index]!))
      );
    case 'array':
      return reader.type === 'array' && isSame(writer.items, reader.items);
    case 'map':
      return reader.type === 'map' && isSame(writer.values, reader.values);
    case 'fixed':
      return reader.type === 'fixed' && writer.size === reader.size;
    case 'enum':
      return reader.type === 'enum' && writer.symbols.join() === reader.symbols.join();
    case 'record':
    case 'error': {
      if (reader.type !== 'record' && reader.type !== 'error') return false;
      // Taken for the same until something tells otherwise.
      if (seen.get(writer) === reader) return true;
      seen.set(writer, reader);
      const names = renamed?.fields.get(renamed.types.get(typeNameOf(writer)) ?? typeNameOf(writer));
      return (
        writer.fields.length === reader.fields.length &&
        writer.fields.every(({ name, schema }, index) => {
          const other = reader.fields[index]!;
          return (names?.get(name) ?? name) === other.name && isSame(schema, other.schema);
        })
      );
    }
    default:
      return writer.type === reader.type;
  }
}
