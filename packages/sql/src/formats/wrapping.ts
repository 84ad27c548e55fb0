import { SqlError } from '../sql-error.ts';
import type { FormatName, SerdeFeature } from './format.ts';
import { formatFacts } from './format-facts.ts';

export type Wrapping = Extract<SerdeFeature, 'WRAP_SINGLES' | 'UNWRAP_SINGLES'>;

/** How ksqlDB notes that a key is wrapped or not: a feature where the format could do both; null where there is no choice. */
export function keyWrapping(format: FormatName, columnsCount: number): Wrapping | null {
  const { features } = formatFacts(format);
  return columnsCount === 1 && features.has('WRAP_SINGLES') && features.has('UNWRAP_SINGLES') ? 'UNWRAP_SINGLES' : null;
}

/**
 * The feature of a value: `explicit` is WRAP_SINGLE_VALUE of the statement, `byDefault` the property `ksql.persistence.wrap.single.values`.
 *
 * @throws SqlError HW_SQL_STATEMENT where WRAP_SINGLE_VALUE says what the format or the columns do not allow
 */
export function valueWrapping(
  format: FormatName,
  columnsCount: number,
  explicit: boolean | null,
  byDefault: boolean | null,
): Wrapping | null {
  const { features } = formatFacts(format);
  if (explicit !== null) {
    const feature = explicit ? 'WRAP_SINGLES' : 'UNWRAP_SINGLES';
    if (!features.has(feature)) {
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `Format '${format}' does not support 'WRAP_SINGLE_VALUE' set to '${explicit}'.`,
      );
    }
    if (columnsCount !== 1) {
      throw new SqlError('HW_SQL_STATEMENT', "'WRAP_SINGLE_VALUE' is only valid for single-field value schemas");
    }
    return feature;
  }
  if (columnsCount !== 1 || byDefault === null) return null;
  const feature = byDefault ? 'WRAP_SINGLES' : 'UNWRAP_SINGLES';
  return features.has(feature) ? feature : null;
}

/** What a codec needs to know of it (`CodecSpec.isWrapped`). */
export function isWrapped(format: FormatName, wrapping: Wrapping | null): boolean {
  if (wrapping !== null) return wrapping === 'WRAP_SINGLES';
  return format !== 'KAFKA' && format !== 'DELIMITED' && format !== 'NONE';
}
