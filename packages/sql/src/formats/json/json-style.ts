import { SqlError } from '../../sql-error.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { FormatInfo } from '../format.ts';

/** How JSON is written where a statement asks for more than ksqlDB's JSON. */
export interface JsonStyle {
  /** Members of objects that are null are left out. */
  readonly omitsNulls: boolean;
  /** What a column or field is called in JSON. */
  nameOf(name: string): string;
}

export const plainStyle: JsonStyle = { omitsNulls: false, nameOf: (name) => name };

/** What the properties `omitNulls` and `fieldNames` (an object of names, as JSON) say. */
export function jsonStyle({ properties }: FormatInfo): JsonStyle {
  const omitsNulls = properties.get('omitNulls') === 'true';
  const names = properties.get('fieldNames');
  if (names === undefined) return omitsNulls ? { ...plainStyle, omitsNulls } : plainStyle;
  const byName = new Map(Object.entries(JSON.parse(names) as Record<string, string>));
  return { omitsNulls, nameOf: (name) => byName.get(name) ?? name };
}

/**
 * The format with the names that columns and fields have in JSON, where it keeps their case.
 *
 * @param spellings names as statements write them, by the names themselves
 * @throws SqlError where two columns or fields of an object would have one name
 */
export function withFieldNames(
  format: FormatInfo,
  columns: readonly { readonly name: string; readonly type: SqlType }[],
  spellings: ReadonlyMap<string, string>,
): FormatInfo {
  const { name, properties } = format;
  if (name !== 'JSON' || properties.get('keepCase') !== 'true') return format;
  const names = new Map<string, string>();
  noteNames(columns, spellings, names);
  return { name, properties: new Map([...properties, ['fieldNames', JSON.stringify(Object.fromEntries(names))]]) };
}

function noteNames(
  fields: readonly { readonly name: string; readonly type: SqlType }[],
  spellings: ReadonlyMap<string, string>,
  names: Map<string, string>,
): void {
  const seen = new Map<string, string>();
  for (const { name, type } of fields) {
    const spelled = spellings.get(name) ?? name;
    const other = seen.get(spelled);
    if (other !== undefined) {
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `JSON_KEEP_CASE: ${other} and ${name} would both be called "${spelled}". Write one of them in other letters, or give it another name.`,
      );
    }
    seen.set(spelled, name);
    if (spelled !== name) names.set(name, spelled);
    noteTypeNames(type, spellings, names);
  }
}

function noteTypeNames(type: SqlType, spellings: ReadonlyMap<string, string>, names: Map<string, string>): void {
  if (type.kind === 'STRUCT') noteNames(type.fields, spellings, names);
  else if (type.kind === 'ARRAY') noteTypeNames(type.element, spellings, names);
  else if (type.kind === 'MAP') noteTypeNames(type.value, spellings, names);
}
