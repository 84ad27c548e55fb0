import type { FieldInfo, SchemaInfo } from '@headwater/sql';

/** A type of an entity as a statement has it. */
export function schemaTypeText({ type, fields, memberSchema, parameters }: SchemaInfo): string {
  const member = memberSchema === null || memberSchema === undefined ? '' : schemaTypeText(memberSchema);
  switch (type) {
    case 'STRING':
      return 'VARCHAR(STRING)';
    case 'DECIMAL':
      return `DECIMAL(${parameters?.['precision']}, ${parameters?.['scale']})`;
    case 'ARRAY':
      return `ARRAY<${member}>`;
    case 'MAP':
      return `MAP<STRING, ${member}>`;
    case 'STRUCT':
      return `STRUCT<${(fields ?? []).map(({ name, schema }) => `${name} ${schemaTypeText(schema)}`).join(', ')}>`;
    default:
      return type;
  }
}

export function fieldLine(field: FieldInfo, isTable: boolean): string[] {
  const mark = field.type === 'KEY' ? (isTable ? ' (primary key)' : ' (key)') : '';
  const header = field.type === 'HEADER' ? ` (header${field.headerKey ? `('${field.headerKey}')` : 's'})` : '';
  return [field.name, `${schemaTypeText(field.schema)}${mark}${header}`];
}
