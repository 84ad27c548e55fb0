import { JsonNumber, type JsonValue, jsonText } from '@headwater/serdes';
import { objectOf } from './test-case.ts';

const startsWith = '|starts_with';

/** Where an answer is not as expected; only members that are named are looked at, numbers with all their digits. */
export function answerDifference(
  wanted: JsonValue,
  given: JsonValue,
  replaced: (text: string) => string = (text) => text,
  path = '$',
): string | undefined {
  if (wanted instanceof Map) {
    if (!(given instanceof Map)) return `${path}: ${jsonText(given)} is no object`;
    for (const [name, value] of wanted) {
      const isPrefix = name.endsWith(startsWith);
      const member = isPrefix ? name.slice(0, -startsWith.length) : name;
      if (!given.has(member)) {
        if (value === null) continue;
        return `${path}: no ${member}`;
      }
      const other = given.get(member)!;
      if (isPrefix) {
        if (String(other).startsWith(String(value))) continue;
        return `${path}.${member}: ${String(other)} does not start with ${String(value)}`;
      }
      const difference = answerDifference(value, other, replaced, `${path}.${member}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(given) || given.length !== wanted.length) {
      return `${path}: ${jsonText(given)} instead of ${jsonText(wanted)}`;
    }
    for (const [at, value] of wanted.entries()) {
      const difference = answerDifference(value, given[at]!, replaced, `${path}[${at}]`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  const text = (value: JsonValue) => (value instanceof JsonNumber ? value.text : jsonText(value));
  const expected = typeof wanted === 'string' ? replaced(wanted) : wanted;
  return text(expected) === text(given) ? undefined : `${path}: ${text(given)} instead of ${text(expected)}`;
}

/** Of the rows of a query: a header first, rows in any order unless it is asked for, and the rest in its place. */
export function rowsDifference(
  wanted: readonly JsonValue[],
  given: readonly JsonValue[],
  isOrdered: boolean,
): string | undefined {
  if (wanted.length !== given.length) {
    return `${given.length} lines instead of ${wanted.length}: ${given
      .map((each) => jsonText(each))
      .join(' ')
      .slice(0, 1000)}`;
  }
  const isRow = (line: JsonValue) => objectOf(line).has('row');
  const left = given.filter(isRow);
  for (const [at, line] of wanted.entries()) {
    if (!isRow(line) || isOrdered) {
      const difference = answerDifference(line, given[at]!, undefined, `[${at}]`);
      if (difference !== undefined) return difference;
      continue;
    }
    const found = left.findIndex((each) => answerDifference(line, each) === undefined);
    if (found < 0)
      return `no row ${jsonText(line)} among ${left
        .map((each) => jsonText(each))
        .join(' ')
        .slice(0, 1000)}`;
    left.splice(found, 1);
  }
  return undefined;
}
