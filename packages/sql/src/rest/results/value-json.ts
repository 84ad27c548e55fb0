import type { SqlType } from '../../types/sql-type.ts';
import { doubleText } from '../../values/double-text.ts';
import { dateText, timestampText, timeText } from '../../values/time-text.ts';
import { textFunction } from '../../values/value-text.ts';

export type JsonOf = (value: unknown) => string;

/**
 * Writes values of a type as results hold them: numbers digit for digit, doubles as Java writes them, BYTES in base64, dates and times as
 * text. Null and undefined are `null`.
 */
export function jsonFunction(type: SqlType): JsonOf {
  const write = writerOf(type);
  return (value) => (value === null || value === undefined ? 'null' : write(value));
}

function writerOf(type: SqlType): JsonOf {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'INTEGER':
    case 'BIGINT':
    case 'DECIMAL':
      return String;
    case 'DOUBLE':
      return (value) => (Number.isFinite(value) ? doubleText(value as number) : `"${value}"`);
    case 'STRING':
      return (value) => JSON.stringify(value);
    case 'BYTES':
      return (value) => `"${(value as Buffer).toString('base64')}"`;
    case 'TIME':
      return (value) => `"${timeText(value as number)}"`;
    case 'DATE':
      return (value) => `"${dateText(value as number)}"`;
    case 'TIMESTAMP':
      return (value) => `"${timestampText(value as number)}"`;
    case 'ARRAY': {
      const element = jsonFunction(type.element);
      return (value) => `[${(value as unknown[]).map(element).join(',')}]`;
    }
    case 'MAP': {
      const keyText = textFunction(type.key);
      const valueJson = jsonFunction(type.value);
      const entry = ([key, value]: [unknown, unknown]) =>
        `${JSON.stringify(key === null ? 'null' : keyText(key))}:${valueJson(value)}`;
      return (value) => `{${Array.from(value as Map<unknown, unknown>, entry).join(',')}}`;
    }
    case 'STRUCT': {
      const fields = type.fields.map(({ name, type: field }) => ({
        name: JSON.stringify(name),
        json: jsonFunction(field),
      }));
      return (value) =>
        `{${fields.map(({ name, json }, at) => `${name}:${json((value as unknown[])[at])}`).join(',')}}`;
    }
  }
}

/** Writes rows as JSON arrays. */
export function rowJson(types: readonly SqlType[]): (values: readonly unknown[]) => string {
  const writers = types.map(jsonFunction);
  return (values) => {
    let text = '[';
    for (let at = 0; at < writers.length; at++) text += `${at === 0 ? '' : ','}${writers[at]!(values[at])}`;
    return `${text}]`;
  };
}
