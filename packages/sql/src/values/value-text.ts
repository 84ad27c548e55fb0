import type { Decimal } from '@headwater/serdes';
import type { SqlType } from '../types/sql-type.ts';
import { doubleText } from './double-text.ts';
import { dateText, timestampText, timeText } from './time-text.ts';

export type TextOf = (value: unknown) => string;

/** Values other than null as CAST … AS STRING writes them: within arrays, maps and structs as Java's `toString` does. */
export function textFunction(type: SqlType): TextOf {
  switch (type.kind) {
    case 'STRING':
      return (value) => value as string;
    case 'BOOLEAN':
    case 'INTEGER':
    case 'BIGINT':
      return String;
    case 'DOUBLE':
      return doubleText as TextOf;
    case 'DECIMAL':
      return (value) => (value as Decimal).toString();
    case 'BYTES':
      return (value) => (value as Buffer).toString('base64');
    case 'TIME':
      return timeText as TextOf;
    case 'DATE':
      return dateText as TextOf;
    case 'TIMESTAMP':
      return timestampText as TextOf;
    case 'ARRAY': {
      const textOf = nullableText(type.element);
      return (value) => `[${(value as unknown[]).map(textOf).join(', ')}]`;
    }
    case 'MAP': {
      const keyText = nullableText(type.key);
      const valueText = nullableText(type.value);
      return (value) =>
        `{${Array.from(value as Map<unknown, unknown>, ([key, each]) => `${keyText(key)}=${valueText(each)}`).join(', ')}}`;
    }
    case 'STRUCT': {
      const fields = type.fields.map((field) => ({ name: field.name, textOf: textFunction(field.type) }));
      return (value) => {
        const parts: string[] = [];
        for (const [at, { name, textOf }] of fields.entries()) {
          const each = (value as unknown[])[at];
          if (each !== null && each !== undefined) parts.push(`${name}=${textOf(each)}`);
        }
        return `Struct{${parts.join(',')}}`;
      };
    }
  }
}

function nullableText(type: SqlType): TextOf {
  const textOf = textFunction(type);
  return (value) => (value === null || value === undefined ? 'null' : textOf(value));
}
