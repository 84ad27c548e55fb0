import { JsonNumber, type JsonValue, jsonText } from '@headwater/serdes';
import { decimalDigits, wholePartOf } from '../values/big-decimal.ts';
import { RecordBytes, RecordNumber, type RecordValue, recordValueText } from './record-value.ts';

export interface CompareOptions {
  /**
   * `strict`: decimals by value and number of digits, as ksqlDB's own test runner has it. `lenient`: all numbers by value. `inexact`: as strict,
   * but decimals as doubles (its property `use.exact.numeric.comparison` = false).
   */
  readonly numbers?: 'strict' | 'lenient' | 'inexact';
}

const doubleDifferenceMax = 0.000001;

/** What is different, and where (`$.A[2]: expected 1, got 2`); undefined where the record is as expected. */
export function recordDifference(
  expected: JsonValue,
  actual: RecordValue,
  { numbers = 'strict' }: CompareOptions = {},
): string | undefined {
  return new Comparison(numbers).difference(expected, actual, '$');
}

class Comparison {
  readonly #numbers: NonNullable<CompareOptions['numbers']>;

  constructor(numbers: NonNullable<CompareOptions['numbers']>) {
    this.#numbers = numbers;
  }

  difference(expected: JsonValue, actual: RecordValue, path: string): string | undefined {
    if (Array.isArray(expected)) return this.#arrayDifference(expected, actual, path);
    if (expected instanceof Map) return this.#objectDifference(expected, actual, path);
    return this.#isSame(expected, actual) ? undefined : unequal(expected, actual, path);
  }

  #arrayDifference(expected: JsonValue[], actual: RecordValue, path: string): string | undefined {
    if (!Array.isArray(actual)) return unequal(expected, actual, path);
    for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
      if (index >= expected.length) return `${path}: ${actual.length} elements instead of ${expected.length}`;
      if (index >= actual.length) return unequal(expected, actual as RecordValue, path);
      const difference = this.difference(expected[index]!, actual[index]!, `${path}[${index}]`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  #objectDifference(expected: Map<string, JsonValue>, actual: RecordValue, path: string): string | undefined {
    if (!(actual instanceof Map)) return unequal(expected, actual, path);
    if (expected.size !== actual.size) {
      return `${path}: fields ${[...expected.keys()].join(', ')} expected, got ${[...actual.keys()].join(', ')}`;
    }
    for (const [name, value] of expected) {
      const found: RecordValue | undefined = actual.has(name) ? actual.get(name) : actual.get(name.toUpperCase());
      if (found === undefined) {
        // Fields are counted; one that must be null may go by another name.
        if (value === null) continue;
        return `${path}: no field ${name}, but ${[...actual.keys()].join(', ')}`;
      }
      const difference = this.difference(value, found, `${path}.${name}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  #isSame(expected: null | boolean | string | JsonNumber, actual: RecordValue): boolean {
    if (actual instanceof RecordNumber) {
      if (expected instanceof JsonNumber) return this.#isSameNumber(expected.text, actual);
      // A decimal as text.
      return typeof expected === 'string' && actual.kind === 'decimal' && this.#isSameDecimal(expected, actual.text);
    }
    if (actual instanceof RecordBytes) return expected === actual.base64;
    return expected === actual;
  }

  #isSameNumber(expected: string, { kind, text }: RecordNumber): boolean {
    if (this.#numbers === 'lenient') return isNear(expected, text);
    switch (kind) {
      case 'integer':
        return wholePartOf(expected) === BigInt(text);
      case 'double':
        return isNear(expected, text);
      default:
        return this.#numbers === 'inexact' ? isNear(expected, text) : this.#isSameDecimal(expected, text);
    }
  }

  #isSameDecimal(expected: string, text: string): boolean {
    if (this.#numbers !== 'strict') return isNear(expected, text);
    try {
      const [one, other] = [decimalDigits(expected), decimalDigits(text)];
      // A whole number stands for any whole one without digits behind the point.
      if (/^-?\d+$/.test(expected)) return other.scale <= 0 && one.unscaled === wholePartOf(text);
      return one.unscaled === other.unscaled && one.scale === other.scale;
    } catch {
      return false;
    }
  }
}

function isNear(expected: string, actual: string): boolean {
  const [one, other] = [Number(expected), Number(actual)];
  return one === other || Math.abs(one - other) < doubleDifferenceMax;
}

function unequal(expected: JsonValue, actual: RecordValue, path: string): string {
  return `${path}: expected ${jsonText(expected)}, got ${recordValueText(actual)}`;
}
