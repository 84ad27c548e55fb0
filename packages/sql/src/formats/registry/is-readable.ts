import type { SqlType } from '../../types/sql-type.ts';
import type { FormatName } from '../format.ts';

const nested = new Set<SqlType['kind']>(['ARRAY', 'MAP', 'STRUCT']);

/** False where no value of the one type, as a schema says it, can be one of the other: what may be is left to the records. */
export function isReadable(written: SqlType, wanted: SqlType, format: FormatName): boolean {
  // Texts are made numbers of there.
  if (format === 'JSON_SR') return true;
  if (nested.has(written.kind) || nested.has(wanted.kind)) {
    if (written.kind === 'ARRAY' && wanted.kind === 'ARRAY') return isReadable(written.element, wanted.element, format);
    if (written.kind === 'MAP' && wanted.kind === 'MAP') return isReadable(written.value, wanted.value, format);
    return written.kind === wanted.kind;
  }
  if (written.kind === 'STRING' || written.kind === 'BOOLEAN')
    return wanted.kind === written.kind || wanted.kind === 'STRING';
  return wanted.kind !== 'BOOLEAN';
}
