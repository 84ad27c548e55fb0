import { fieldPath, type Value } from '../ingest-document.ts';
import { PipelineError } from '../pipeline-error.ts';
import { type ProcessorFactory, textOf } from './processor.ts';

interface Key {
  name: string;
  /** '' plain, '+' appended, '?' skipped, '*' its value is a name, '&' its value is that name's value. */
  modifier: string;
  order: number;
  isPadded: boolean;
  /** Text up to the next key, '' at the end. */
  delimiter: string;
}

/** `dissect`: `%{client} - %{user} [%{when}]`, by delimiters and without regular expressions. */
export const dissect: ProcessorFactory = (config) => {
  const field = config.path('field');
  const pattern = config.text('pattern');
  const separator = config.text('append_separator', '');
  const ignoresMissing = config.boolean('ignore_missing', false);
  const { leading, keys } = parse(pattern);
  return (document) => {
    const text = textOf(document, field, ignoresMissing);
    if (text === null) return;
    const values = match(text, leading, keys);
    if (values === null) {
      const shown = text.length > 500 ? `${text.slice(0, 500)}…` : text;
      throw new PipelineError(
        'HW_PIPELINE_NO_MATCH',
        `Unable to find match for dissect pattern: ${pattern} against source: ${shown}`,
        {
          field: field.text,
        },
      );
    }
    const found = new Map<string, Value>();
    const appended = new Map<string, { order: number; value: string }[]>();
    const names = new Map<string, string>();
    keys.forEach((key, i) => {
      const value = values[i]!;
      if (key.modifier === '+') {
        const parts = appended.get(key.name) ?? [];
        appended.set(key.name, parts);
        parts.push({ order: key.order, value });
      } else if (key.modifier === '*') names.set(key.name, value);
      else if (key.modifier === '') found.set(key.name, value);
    });
    keys.forEach((key, i) => {
      if (key.modifier === '&' && names.has(key.name) && names.get(key.name) !== '')
        found.set(names.get(key.name)!, values[i]!);
    });
    for (const [name, parts] of appended) {
      const plain = found.get(name);
      const sorted = parts.sort((a, b) => a.order - b.order).map((part) => part.value);
      found.set(name, [...(plain === undefined ? [] : [plain as string]), ...sorted].join(separator));
    }
    for (const [name, value] of found) document.set(fieldPath(name), value);
  };
};

function parse(pattern: string): { leading: string; keys: Key[] } {
  const keys: Key[] = [];
  const bad = (message: string, position: number): PipelineError =>
    new PipelineError('HW_PIPELINE_PATTERN', `Unable to parse pattern: ${pattern}. Reason: ${message}`, {
      position,
      field: 'pattern',
    });
  const first = pattern.indexOf('%{');
  if (first === -1) throw bad('Unable to find any keys or delimiters.', 0);
  for (let at = first; at !== -1; ) {
    const close = pattern.indexOf('}', at);
    if (close === -1) throw bad('a key has no end', at);
    const key = /^([+?*&]?)([^/]*?)(?:\/(\d+))?(->)?$/.exec(pattern.slice(at + 2, close));
    if (key === null) throw bad('a key is not understood', at);
    const next = pattern.indexOf('%{', close);
    const delimiter = pattern.slice(close + 1, next === -1 ? undefined : next);
    if (delimiter === '' && next !== -1) throw bad('keys need a delimiter between them', close);
    const modifier = key[2] === '' ? '?' : key[1]!;
    keys.push({ name: key[2]!, modifier, order: Number(key[3] ?? 0), isPadded: key[4] !== undefined, delimiter });
    at = next;
  }
  for (const key of keys) {
    const isPair = key.modifier === '*' || key.modifier === '&';
    if (
      isPair &&
      !keys.some(
        (other) => other !== key && other.name === key.name && (other.modifier === '*' || other.modifier === '&'),
      )
    )
      throw bad(`key [${key.name}] needs both "*" and "&"`, 0);
  }
  return { leading: pattern.slice(0, first), keys };
}

function match(text: string, leading: string, keys: readonly Key[]): string[] | null {
  if (!text.startsWith(leading)) return null;
  let at = leading.length;
  const values: string[] = [];
  for (const key of keys) {
    if (key.delimiter === '') {
      values.push(text.slice(at));
      at = text.length;
      continue;
    }
    const stop = text.indexOf(key.delimiter, at);
    if (stop === -1) return null;
    values.push(text.slice(at, stop));
    at = stop + key.delimiter.length;
    if (key.isPadded) while (text.startsWith(key.delimiter, at)) at += key.delimiter.length;
  }
  return values;
}
