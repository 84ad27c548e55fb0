/** Which methods of `Reader` and `Writer` a field's type maps to: one table for the interpreter and the compiler. */
import type { FieldPlan } from './plan.ts';

/** An expression that reads one element of the field's type from `r`. */
export function readExpression(field: FieldPlan, isElement: boolean): string {
  const isNullable = field.isNullable && !isElement;
  switch (field.type) {
    case 'string':
      return `r.${isNullable ? 'textOrNull' : 'text'}(${field.isCompact ? 'r.compactLength()' : 'r.int16()'})`;
    case 'bytes':
    case 'records':
      return `r.${isNullable ? 'bytesOrNull' : 'bytes'}(${field.isCompact ? 'r.compactLength()' : 'r.int32()'})`;
    default:
      return `r.${field.type}()`;
  }
}

/** The writer's method for one element of the field's type. */
export function writeMethod(field: FieldPlan, isElement: boolean): string {
  const orNull = field.isNullable && !isElement ? 'OrNull' : '';
  switch (field.type) {
    case 'string':
      return field.isCompact ? `compactString${orNull}` : `string${orNull}`;
    case 'bytes':
      return field.isCompact ? `compactBytes${orNull}` : `bytes${orNull}`;
    case 'records':
      return field.isCompact ? `compactRecords${orNull}` : `records${orNull}`;
    default:
      return field.type;
  }
}
