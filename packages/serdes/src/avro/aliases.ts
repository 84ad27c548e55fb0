import { type AvroSchema, isNamed, typeNameOf } from './avro-schema.ts';

/** What names of a writer's schema are called in the reader's. */
export interface RenamedBy {
  /** Full names by full names. */
  types: ReadonlyMap<string, string>;
  /** Of records, by the reader's full name of them. */
  fields: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** All aliases of a reader's schema: each is another name that a writer may have used. */
export function aliasesOf(reader: AvroSchema): RenamedBy {
  const types = new Map<string, string>();
  const fields = new Map<string, Map<string, string>>();
  const seen = new Set<AvroSchema>();
  const collect = (schema: AvroSchema): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    if (schema.type === 'union') schema.branches.forEach(collect);
    else if (schema.type === 'array') collect(schema.items);
    else if (schema.type === 'map') collect(schema.values);
    if (!isNamed(schema)) return;
    for (const alias of schema.aliases) types.set(alias, typeNameOf(schema));
    if (!('fields' in schema)) return;
    const names = new Map(schema.fields.flatMap(({ name, aliases }) => aliases.map((alias) => [alias, name] as const)));
    if (names.size > 0) fields.set(typeNameOf(schema), names);
    for (const field of schema.fields) collect(field.schema);
  };
  collect(reader);
  return { types, fields };
}
