import { JsonNumber, type JsonObject, type JsonValue, jsonText } from '@headwater/serdes';
import { decimalDigits } from '../values/big-decimal.ts';
import { objectOf, textOf } from './test-case.ts';

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
  const expected = typeof wanted === 'string' ? replaced(wanted) : wanted;
  return isSame(expected, given) ? undefined : `${path}: ${jsonText(given)} instead of ${jsonText(expected)}`;
}

/** `1.0` and `1.00` are two numbers, `1.0E10` and `1.0E+10` are one. */
function isSame(wanted: JsonValue, given: JsonValue): boolean {
  if (wanted instanceof JsonNumber && given instanceof JsonNumber) {
    const [one, other] = [decimalDigits(wanted.text), decimalDigits(given.text)];
    return one.unscaled === other.unscaled && one.scale === other.scale;
  }
  return jsonText(wanted) === jsonText(given);
}

/** Of the lines of a query: a header first, rows in any order unless it is asked for, and the rest in its place. */
export function rowsDifference(
  wanted: readonly JsonValue[],
  given: readonly JsonValue[],
  isOrdered: boolean,
): string | undefined {
  if (wanted.length !== given.length) {
    return `${given.length} lines instead of ${wanted.length}: ${shown(given)}`;
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
    if (found < 0) return `no row ${jsonText(line)} among ${shown(left)}`;
    left.splice(found, 1);
  }
  return undefined;
}

function shown(lines: readonly JsonValue[]): string {
  return lines
    .map((each) => jsonText(each))
    .join(' ')
    .slice(0, 1000);
}

/** The members of `@type` that stand for Java's classes of errors. */
const errorTypes: Readonly<Record<string, string>> = {
  KsqlStatementErrorMessage: 'statement_error',
  KsqlErrorMessage: 'generic_error',
};

/** What is wrong with a refusal. `isMessageMet` is null where no words are expected. */
export function errorDifferences(
  expected: JsonObject,
  { body, status }: { readonly body: JsonObject; readonly status: number },
  lastStatement: string,
): { readonly differences: readonly string[]; readonly isMessageMet: boolean | null } {
  const differences: string[] = [];
  const wantedStatus = textOf(expected.get('status'));
  if (wantedStatus !== null && wantedStatus !== String(status)) {
    differences.push(`status ${status} instead of ${wantedStatus}`);
  }
  const message = textOf(body.get('message')) ?? '';
  const wantedMessage = textOf(expected.get('message'));
  const isMessageMet = wantedMessage === null ? null : message.includes(wantedMessage);
  if (isMessageMet === false) differences.push(`refused with: ${message}`);
  const wantedType = textOf(expected.get('type'));
  if (wantedType !== null) {
    const type = errorTypes[wantedType.slice(wantedType.lastIndexOf('.') + 1)];
    const given = textOf(body.get('@type'));
    if (type !== given) differences.push(`${given} instead of ${type ?? wantedType}: ${message}`);
    const text = textOf(body.get('statementText'));
    if (type === 'statement_error' && text?.includes(lastStatement) !== true) {
      differences.push(`the text of the statement is ${text}`);
    }
  }
  return { differences, isMessageMet };
}
