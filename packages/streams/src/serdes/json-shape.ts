import { StreamsError } from '../streams-error.ts';

/** Makes and writes objects of known fields. */
export interface JsonShape<T> {
  make(values: readonly unknown[]): T;
  write(value: T): string;
}

const quickCharactersMax = 64;

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
  return {
    make: new Function('values', make) as (values: readonly unknown[]) => T,
    write: new Function('piece', `return (value) => { ${write} }`)(piece) as (value: T) => string,
  };
}

export function interpreted<T>(names: readonly string[]): JsonShape<T> {
  return {
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
