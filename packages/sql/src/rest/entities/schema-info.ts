import type { LogicalSchema } from '../../schema/column.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { FieldInfo, SchemaInfo } from './entity.ts';

/** A type as entities tell it: `{ type: 'ARRAY', fields: null, memberSchema: … }`. */
export function schemaInfo(type: SqlType): SchemaInfo {
  switch (type.kind) {
    case 'DECIMAL': {
      const { precision, scale } = type;
      return { type: 'DECIMAL', parameters: { precision, scale }, fields: null, memberSchema: null };
    }
    case 'ARRAY':
      return { type: 'ARRAY', fields: null, memberSchema: schemaInfo(type.element) };
    case 'MAP':
      return { type: 'MAP', fields: null, memberSchema: schemaInfo(type.value) };
    case 'STRUCT':
      return {
        type: 'STRUCT',
        fields: type.fields.map(({ name, type: field }) => ({ name, schema: schemaInfo(field) })),
        memberSchema: null,
      };
    default:
      return { type: type.kind, fields: null, memberSchema: null };
  }
}

/** All columns of a source: key, value, headers. */
export function fieldInfos({ key, value, headers }: LogicalSchema): FieldInfo[] {
  return [
    ...key.map(({ name, type }) => ({ name, schema: schemaInfo(type), type: 'KEY' as const })),
    ...value.map(({ name, type }) => ({ name, schema: schemaInfo(type) })),
    ...headers.map(({ name, type, headerKey }) => ({
      name,
      schema: schemaInfo(type),
      type: 'HEADER' as const,
      ...(headerKey === null ? {} : { headerKey }),
    })),
  ];
}
