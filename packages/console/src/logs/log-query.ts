import { type LogLine, valuesOf } from './log-line.ts';

/** `field:"value"`, with what has a meaning inside of quotes escaped. */
export const clauseOf = (field: string, value: string): string =>
  /^[\w.-]+$/.test(value) && !/^(?:AND|OR|NOT)$/.test(value)
    ? `${field}:${value}`
    : `${field}:"${value.replace(/["\\]/g, '\\$&')}"`;

/** The query with the value asked for, or left out, instead of what it said of that value before. Again the same takes it away. */
export function withClause(query: string, field: string, value: string, isExcluded: boolean): string {
  const clause = clauseOf(field, value);
  const wanted = isExcluded ? `-${clause}` : clause;
  const parts = splitQuery(query);
  const without = parts.filter((part) => part !== clause && part !== `-${clause}`);
  return (parts.includes(wanted) ? without : [...without, wanted]).join(' ');
}

/** Whether the query asks for the value, leaves it out, or says nothing of it. */
export function clauseState(query: string, field: string, value: string): 'in' | 'out' | null {
  const clause = clauseOf(field, value);
  const parts = splitQuery(query);
  return parts.includes(clause) ? 'in' : parts.includes(`-${clause}`) ? 'out' : null;
}

/** Words, phrases and clauses, each as it was written. */
export function splitQuery(query: string): string[] {
  return query.match(/-?(?:[\w.@]+:)?"(?:\\.|[^"\\])*"|\S+/g) ?? [];
}

export type LineMatcher = (line: LogLine) => boolean;

/**
 * The same query for lines that are here already: words and phrases in the message or the stack, `field:value`, each with `-` before it. Null for
 * what only the store understands (OR, brackets, ranges, wildcards).
 */
export function lineMatcher(query: string): LineMatcher | null {
  const tests: LineMatcher[] = [];
  for (const part of splitQuery(query)) {
    const [, minus, field, quoted, plain] = /^(-?)(?:([\w.@]+):)?(?:"((?:\\.|[^"\\])*)"|(.*))$/s.exec(part) ?? [];
    if (part === 'AND') continue;
    if (plain !== undefined && (/^(?:OR|NOT|&&|\|\|)$/.test(plain) || /[()[\]{}*?~^<>/!+]/.test(plain))) return null;
    const value = (quoted ?? plain ?? '').replace(/\\(.)/g, '$1');
    const test =
      field === undefined || field === 'message' || field === 'stack' ? wordTest(value) : fieldTest(field, value);
    tests.push(minus ? (line) => !test(line) : test);
  }
  return (line) => tests.every((test) => test(line));
}

/** Words one after the other, whole, whatever their case: as the store's analyzer has them. */
function wordTest(text: string): LineMatcher {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return () => true;
  const wanted = ` ${words.join(' ')} `;
  return ({ message, fields }) => {
    const own = `${message} ${fields['stack'] ?? ''}`.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    return ` ${own.join(' ')} `.includes(wanted);
  };
}

const fieldTest =
  (field: string, value: string): LineMatcher =>
  (line) =>
    valuesOf(line, field).includes(value);

export interface Suggestion {
  text: string;
  /** What it is, beside it. */
  note: string;
}

/** What may come at the caret: names of fields, or values of the field that was begun. */
export function suggestions(
  query: string,
  caret: number,
  fields: readonly string[],
  values: (field: string) => readonly { value: string; count: number }[],
): { from: number; items: Suggestion[] } {
  const before = query.slice(0, caret);
  const begun = /(?:^|\s)(-?)([\w.@]*)(:"?([^\s"]*))?$/.exec(before);
  if (!begun) return { from: caret, items: [] };
  const [whole, minus = '', name = '', colon, part = ''] = begun;
  const from = caret - whole.trimStart().length;
  if (colon !== undefined) {
    const items = values(name)
      .filter(({ value }) => value.toLowerCase().includes(part.toLowerCase()))
      .map(({ value, count }) => ({ text: `${minus}${clauseOf(name, value)} `, note: `${count}` }));
    return { from, items };
  }
  if (name === '' && minus === '') return { from, items: [] };
  const items = fields
    .filter((field) => field.toLowerCase().startsWith(name.toLowerCase()))
    .map((field) => ({ text: `${minus}${field}:`, note: 'field' }));
  return { from, items };
}
