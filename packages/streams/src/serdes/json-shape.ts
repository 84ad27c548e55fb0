import { StreamsError } from '../streams-error.ts';
import { writeNumber, writeText, writeUtf8 } from './json-write.ts';

/** Makes and writes objects of known fields. */
export interface JsonShape<T> {
  make(values: readonly unknown[]): T;
  write(value: T): string;
  /** The same as bytes; where they end, or -1 when that would be after `limit`. */
  writeTo(value: T, target: Buffer, start: number, limit: number): number;
}

const quickCharactersMax = 64;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Objects of one shape are made and written by code of their own, which V8 then knows by heart. Where making code is forbidden
 * (`--disallow-code-generation-from-strings`) the same is done field by field.
 */
export function jsonShape<T>(names: readonly string[]): JsonShape<T> {
  if (names.includes('__proto__') || new Set(names).size < names.length) {
    throw new StreamsError('HW_STREAMS_BAD_OPTION', `fields: ${names.join(', ')} has one twice, or __proto__`);
  }
  try {
    return generated(names);
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return interpreted(names);
  }
}

/** Names come into the code as JSON texts only. */
function generated<T>(names: readonly string[]): JsonShape<T> {
  const texts = names.map((name) => JSON.stringify(name));
  const make = `return {${texts.map((text, index) => `${text}:values[${index}]`).join(',')}}`;
  const steps = texts.map((text) => {
    const label = JSON.stringify(`${text}:`);
    return `part = piece(value[${text}]); if (part !== '') text = text === '' ? '{' + ${label} + part : text + ',' + ${label} + part;`;
  });
  const write = `let part, text = ''; ${steps.join('\n')} return text === '' ? '{}' : text + '}'`;
  const fields = texts.map(
    (text, index) => `if (at >= 0) at = writeField(labels[${index}], value[${text}], target, start, at, limit);`,
  );
  const writeTo = `let at = start; ${fields.join('\n')} return writeEnd(target, start, at, limit)`;
  return {
    make: new Function('values', make) as (values: readonly unknown[]) => T,
    write: new Function('piece', `return (value) => { ${write} }`)(piece) as (value: T) => string,
    writeTo: new Function('writeField', 'writeEnd', 'labels', `return (value, target, start, limit) => { ${writeTo} }`)(
      writeField,
      writeEnd,
      labelsOf(names),
    ) as JsonShape<T>['writeTo'],
  };
}

/** What stands between the values; the first byte depends on whether it is the first. */
function labelsOf(names: readonly string[]): Buffer[] {
  return names.map((name) => Buffer.from(`,${JSON.stringify(name)}:`));
}

/** A field, when its value has a text in JSON: where it ends, or -1 when that would be after `limit`. */
function writeField(
  label: Buffer,
  value: unknown,
  target: Buffer,
  objectStart: number,
  start: number,
  limit: number,
): number {
  const { length } = label;
  if (start + length > limit) return -1;
  if (value === undefined) return start;
  for (let index = 0; index < length; index++) target[start + index] = label[index]!;
  if (start === objectStart) target[start] = openBrace;
  const at = start + length;
  if (typeof value === 'string') return writeText(value, target, at, limit);
  if (typeof value === 'number') return writeNumber(value, target, at, limit);
  const text = JSON.stringify(value);
  return text === undefined ? start : writeUtf8(text, target, at, limit);
}

function writeEnd(target: Buffer, start: number, end: number, limit: number): number {
  if (end < 0 || end + 2 > limit) return -1;
  let at = end;
  if (at === start) target[at++] = openBrace;
  target[at++] = closeBrace;
  return at;
}

export function interpreted<T>(names: readonly string[]): JsonShape<T> {
  const labels = labelsOf(names);
  return {
    writeTo(value, target, start, limit) {
      let at = start;
      for (let index = 0; index < names.length && at >= 0; index++) {
        const field = (value as Record<string, unknown>)[names[index]!];
        at = writeField(labels[index]!, field, target, start, at, limit);
      }
      return writeEnd(target, start, at, limit);
    },
    make: (values) => Object.fromEntries(names.map((name, index) => [name, values[index]])) as T,
    write(value) {
      const parts = names.flatMap((name) => {
        const part = piece((value as Record<string, unknown>)[name]);
        return part === '' ? [] : [`${JSON.stringify(name)}:${part}`];
      });
      return `{${parts.join(',')}}`;
    },
  };
}

/** A value as JSON; empty when there is nothing to write, as for undefined. */
function piece(value: unknown): string {
  if (typeof value === 'string') {
    if (value.length <= quickCharactersMax && isPlain(value)) return `"${value}"`;
    return JSON.stringify(value);
  }
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null';
  return JSON.stringify(value) ?? '';
}

/** No character needs an escape. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}
