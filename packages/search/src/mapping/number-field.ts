import { EsError, illegalArgument, numberFormat } from '../errors.ts';
import { type JsonScanner, tokenDecimal, tokenInteger, tokenNames, tokenString } from '../json/json-scanner.ts';
import { type Json, RawNumber } from '../json/json-value.ts';
import { JavaDouble, JavaFloat } from '../json/json-writer.ts';
import { matchNone, type Query } from '../search/query.ts';
import { formatDecimal } from './decimal-format.ts';
import type { DocumentContext } from './document-context.ts';
import { FieldMapper, type FieldMapperOptions, queryText, type RangeBounds, type ValueKind } from './field-mapper.ts';
import { anyParam, booleanParam, type ParamSpec } from './field-params.ts';

/** A numeric type: its limits, and how it rounds. */
interface NumberType {
  readonly isInteger: boolean;
  readonly kind: ValueKind;
  readonly min: number | bigint;
  readonly max: number | bigint;
  readonly title: string;
  readonly round: (value: number) => number;
}

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
const uint64Max = 2n ** 64n - 1n;
const floatMax = 3.4028234663852886e38;
const halfMax = 65504;
const same = (value: number): number => value;
const f16round = (Math as unknown as { f16round: (value: number) => number }).f16round;

const integerType = (title: string, min: number | bigint, max: number | bigint): NumberType => ({
  isInteger: true,
  kind: 'long',
  min,
  max,
  title,
  round: same,
});

const types: Record<string, NumberType> = {
  long: integerType('a long', int64Min, int64Max),
  integer: integerType('an integer', -0x80000000, 0x7fffffff),
  short: integerType('a short', -0x8000, 0x7fff),
  byte: integerType('a byte', -0x80, 0x7f),
  double: {
    isInteger: false,
    kind: 'double',
    min: -Number.MAX_VALUE,
    max: Number.MAX_VALUE,
    title: 'double',
    round: same,
  },
  float: { isInteger: false, kind: 'float', min: -floatMax, max: floatMax, title: 'float', round: Math.fround },
  half_float: { isInteger: false, kind: 'float', min: -halfMax, max: halfMax, title: 'half_float', round: f16round },
};

export const numberTypes: readonly string[] = Object.keys(types);

const specs: readonly ParamSpec[] = [
  booleanParam('index', true),
  booleanParam('doc_values', true),
  booleanParam('store', false),
  booleanParam('coerce', true, true),
  booleanParam('ignore_malformed', false, true),
  {
    name: 'null_value',
    fallback: null,
    parse: (value: Json) => value,
  },
  anyParam('boost', 1),
  anyParam('meta'),
];

/** Numbers: 64-bit integers are kept exact. */
export class NumberField extends FieldMapper {
  readonly type: string;
  readonly #type: NumberType;
  readonly #coerces: boolean;

  constructor(type: string, options: FieldMapperOptions) {
    super(options);
    this.type = type;
    this.#type = types[type]!;
    this.#coerces = this.param<boolean>('coerce')!;
  }

  get specs(): readonly ParamSpec[] {
    return specs;
  }

  get valueKind(): ValueKind {
    return this.#type.kind;
  }

  get isInteger(): boolean {
    return this.#type.isInteger;
  }

  index(scanner: JsonScanner, context: DocumentContext): void {
    const value = this.#read(scanner);
    if (value !== null && (this.isIndexed || this.hasDocValues)) context.number(this.path, value);
  }

  override indexNull(context: DocumentContext): void {
    const value = this.param<Json>('null_value');
    if (value === null || value === undefined) return;
    context.number(this.path, this.#parse(queryText(value), true));
  }

  #read(scanner: JsonScanner): number | bigint | null {
    const { token } = scanner;
    if (token === tokenInteger || token === tokenDecimal) {
      const text = scanner.raw();
      if (this.#type.isInteger) return this.#integer(text, token === tokenDecimal, true);
      return this.#decimal(text);
    }
    if (token === tokenString) {
      const text = scanner.text();
      if (!this.#coerces) throw illegalArgument(`${this.#title} value passed as String`);
      return text === '' ? null : this.#parse(text, true);
    }
    throw new EsError(
      400,
      'input_coercion_exception',
      `Current token (${tokenNames[token]}) not numeric, cannot use numeric value accessors`,
    );
  }

  get #title(): string {
    return this.type[0]!.toUpperCase() + this.type.slice(1);
  }

  /** A number from text; as a document's value it may have a fraction to cut. */
  #parse(text: string, isDocument: boolean): number | bigint {
    const isNumber = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?\s*$/.test(text);
    if (!isNumber) {
      if (!this.#type.isInteger && /^[+-]?(NaN|Infinity)$/.test(text.trim())) throw this.#notFinite(text.trim());
      throw isDocument && this.#type.isInteger ? illegalArgument(numberFormat(text).reason) : numberFormat(text);
    }
    const trimmed = text.trim().replace(/[dDfF]$/, '');
    if (!this.#type.isInteger) return this.#decimal(trimmed);
    return this.#integer(trimmed, /[.eE]/.test(trimmed), isDocument);
  }

  #integer(text: string, isDecimal: boolean, isDocument: boolean): number | bigint {
    let value: number | bigint;
    if (isDecimal) {
      const number = Number(text);
      if (!Number.isFinite(number)) throw this.#outOfRange(text);
      value = Math.trunc(number);
      if (value !== number && isDocument && !this.#coerces) {
        throw illegalArgument(`${text} cannot be converted to ${this.#title} without data loss`);
      }
      if (!Number.isSafeInteger(value)) value = BigInt(value);
    } else if (text.length < 16) value = Number(text) + 0;
    else {
      const big = BigInt(text);
      value = big >= -9007199254740991n && big <= 9007199254740991n ? Number(big) : big;
    }
    if (value < this.#type.min || value > this.#type.max) throw this.#outOfRange(text);
    return value;
  }

  #outOfRange(text: string): EsError {
    if (this.type === 'long') {
      return new EsError(
        400,
        'input_coercion_exception',
        `Numeric value (${text}) out of range of \`long\` (${int64Min} - ${int64Max})`,
      );
    }
    return illegalArgument(`Value [${text}] is out of range for ${this.#type.title}`);
  }

  #decimal(text: string): number {
    const value = Number(text);
    const rounded = this.#type.round(value);
    if (!Number.isFinite(rounded)) throw this.#notFinite(Number.isFinite(value) ? text : String(value));
    return rounded;
  }

  #notFinite(text: string): EsError {
    return illegalArgument(`[${this.#type.title}] supports only finite values, but got [${text}]`);
  }

  #assertSearchable(): void {
    if (this.isIndexed || this.hasDocValues) return;
    throw illegalArgument(
      `Cannot search on field [${this.path}] since it is both not indexed, and does not have doc_values enabled.`,
    );
  }

  /** A query's value; null when no document can have it. */
  #queryValue(value: Json): number | bigint | null {
    const text = queryText(value);
    if (!this.#type.isInteger) return this.#parse(text, false);
    const isDecimal = value instanceof RawNumber || /[.eE]/.test(text);
    if (isDecimal && Number.isFinite(Number(text)) && !Number.isInteger(Number(text))) return null;
    return this.#parse(text, false);
  }

  termQuery(value: Json): Query {
    this.#assertSearchable();
    const wanted = this.#queryValue(value);
    if (wanted === null) return matchNone(`Value [${queryText(value)}] has a decimal part`);
    return { kind: 'numberRange', field: this.path, lower: wanted, upper: wanted };
  }

  override termsQuery(values: readonly Json[]): Query {
    this.#assertSearchable();
    const wanted = values.map((value) => this.#queryValue(value)).filter((value) => value !== null);
    return { kind: 'numberSet', field: this.path, values: wanted };
  }

  rangeQuery(bounds: RangeBounds): Query {
    this.#assertSearchable();
    return this.#type.isInteger ? this.#integerRange(bounds) : this.#decimalRange(bounds);
  }

  #integerRange(bounds: RangeBounds): Query {
    let lower = this.#type.min;
    let upper = this.#type.max;
    if (bounds.lower != null) {
      const { value, isCut } = this.#bound(bounds.lower);
      const isNegative = queryText(bounds.lower).trim().startsWith('-');
      if (isCut) lower = isNegative ? value : add(value, 1);
      else lower = bounds.includeLower ? value : add(value, 1);
    }
    if (bounds.upper != null) {
      const { value, isCut } = this.#bound(bounds.upper);
      const isNegative = queryText(bounds.upper).trim().startsWith('-');
      if (isCut) upper = isNegative ? add(value, -1) : value;
      else upper = bounds.includeUpper ? value : add(value, -1);
    }
    if (lower > upper) return matchNone(`range of [${this.path}] is empty`);
    return { kind: 'numberRange', field: this.path, lower, upper };
  }

  /** A bound without its fraction. */
  #bound(value: Json): { value: number | bigint; isCut: boolean } {
    const text = queryText(value);
    const number = this.#parse(text, false);
    return { value: number, isCut: !Number.isInteger(Number(text)) };
  }

  #decimalRange(bounds: RangeBounds): Query {
    let lower = Number.NEGATIVE_INFINITY;
    let upper = Number.POSITIVE_INFINITY;
    if (bounds.lower != null) {
      lower = this.#parse(queryText(bounds.lower), false) as number;
      if (!bounds.includeLower) lower = this.#nextUp(lower);
    }
    if (bounds.upper != null) {
      upper = this.#parse(queryText(bounds.upper), false) as number;
      if (!bounds.includeUpper) upper = -this.#nextUp(-upper);
    }
    if (lower > upper) return matchNone(`range of [${this.path}] is empty`);
    return { kind: 'numberRange', field: this.path, lower, upper };
  }

  #nextUp(value: number): number {
    if (this.#type.kind === 'double') return nextDouble(value);
    const next = nextFloat(value);
    return this.type === 'half_float' ? Math.max(next, halfAbove(value)) : next;
  }

  formatValue(value: number | bigint | Buffer, format?: string): unknown {
    const number = value as number | bigint;
    if (format !== undefined && format !== 'use_field_mapping') return formatDecimal(number, format);
    return this.#type.isInteger ? number : new JavaDouble(Number(number));
  }

  override sortValue(value: number | bigint | Buffer): unknown {
    if (this.#type.kind === 'float') return new JavaFloat(Number(value));
    return this.formatValue(value);
  }

  override fetchValue(value: Json, format?: string): unknown {
    let number: number | bigint;
    try {
      number = this.#parse(queryText(value), true);
    } catch (error) {
      if (error instanceof EsError) return undefined;
      throw error;
    }
    if (format !== undefined) return formatDecimal(number, format);
    if (this.#type.isInteger) return number;
    return this.#type.kind === 'float' ? new JavaFloat(Number(number)) : new JavaDouble(Number(number));
  }
}

export { uint64Max };

function add(value: number | bigint, step: number): number | bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value + step)) return value + step;
  return BigInt(value) + BigInt(step);
}

const doubles = new Float64Array(1);
const doubleBits = new BigInt64Array(doubles.buffer);

function nextDouble(value: number): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return Number.MIN_VALUE;
  doubles[0] = value;
  doubleBits[0] = doubleBits[0]! + (value > 0 ? 1n : -1n);
  return doubles[0]!;
}

const floats = new Float32Array(1);
const floatBits = new Int32Array(floats.buffer);

function nextFloat(value: number): number {
  if (!Number.isFinite(value)) return value;
  if (value === 0) return 1.401298464324817e-45;
  floats[0] = value;
  floatBits[0] = floatBits[0]! + (value > 0 ? 1 : -1);
  return floats[0]!;
}

/** The next half float: steps of a 10 bit fraction. */
function halfAbove(value: number): number {
  if (value === 0) return 2 ** -24;
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
  return f16round(value + step);
}
