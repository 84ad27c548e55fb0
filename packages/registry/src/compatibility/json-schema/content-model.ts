import type { JsonSchemaNode } from '@headwater/serdes';
import type { Comparison } from './comparison.ts';

/** `unevaluatedProperties` and `unevaluatedItems`: false is the narrowest, absent and true the widest. */
export function compareUnevaluated(
  comparison: Comparison,
  of: 'PROPERTIES' | 'ITEMS',
  original: JsonSchemaNode | undefined,
  update: JsonSchemaNode | undefined,
  path: string,
): void {
  if (update === undefined) return;
  const isClosed = update.kind === 'false';
  if (original === undefined) {
    comparison.add(isClosed ? `UNEVALUATED_${of}_REMOVED` : `UNEVALUATED_${of}_NARROWED`, path);
  } else if (original.kind === 'false' && !isClosed) {
    return;
  } else if (original.kind !== 'false' && isClosed) comparison.add(`UNEVALUATED_${of}_REMOVED`, path);
  else if (original.kind === 'empty' && update.kind !== 'empty') comparison.add(`UNEVALUATED_${of}_NARROWED`, path);
  else if (update.kind !== 'empty') comparison.compare(original, update, path);
}
