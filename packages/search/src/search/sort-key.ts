import type { DocValues } from '../engine/doc-values.ts';
import type { ViewEntry } from '../engine/view.ts';
import { EsError, illegalArgument, numberFormat } from '../errors.ts';
import type { Json } from '../json/json-value.ts';
import { JavaDouble, JavaFloat } from '../json/json-writer.ts';
import { DateField } from '../mapping/date-field.ts';
import { type FieldMapper, type QueryContext, queryText, type ValueKind } from '../mapping/field-mapper.ts';

/** A value by which hits are ordered; null is a text that is missing. Missing numbers are ±Infinity. */
export type SortValue = number | bigint | Buffer | null;

export type SortMode = 'min' | 'max' | 'sum' | 'avg' | 'median';

/** One key of a sort, as it stands in a request. */
export interface SortSpec {
  readonly field: string;
  readonly isDescending: boolean;
  readonly missing: Json;
  readonly mode: SortMode | null;
  readonly unmappedType: string | null;
  readonly format: string | null;
}

/** A sort key on one index: reads, compares and shows the values of a field, the score, or the document order. */
export interface SortKey {
  readonly spec: SortSpec;
  readonly needsScore: boolean;
  readonly isDescending: boolean;
  /** Values of one segment that compare with `<`, and how they become values that compare across segments. */
  reader(entry: ViewEntry): SegmentKey;
  compare(a: SortValue, b: SortValue): number;
  parse(value: Json, context: QueryContext): SortValue;
  show(value: SortValue): unknown;
}

export interface SegmentKey {
  value(doc: number, score: number): number | bigint;
  globalize(value: number | bigint): SortValue;
  /** A value of a request as one that compares with this segment's. */
  localize(value: SortValue): number | bigint;
}

const same: Pick<SegmentKey, 'globalize' | 'localize'> = {
  globalize: (value) => value,
  localize: (value) => value as number | bigint,
};

export function scoreKey(spec: SortSpec): SortKey {
  return {
    spec,
    needsScore: true,
    isDescending: spec.isDescending,
    reader: () => ({ value: (_doc, score) => score, ...same }),
    compare: compareNumbers,
    parse: (value) => Math.fround(Number(queryText(value))),
    show: (value) => new JavaFloat(value as number),
  };
}

export function docKey(spec: SortSpec): SortKey {
  return {
    spec,
    needsScore: false,
    isDescending: spec.isDescending,
    reader: (entry) => ({ value: (doc) => entry.base + doc, ...same }),
    compare: compareNumbers,
    parse: (value) => Number(queryText(value)),
    show: (value) => value,
  };
}

/** The document's id as text. */
export function idKey(spec: SortSpec): SortKey {
  return {
    spec,
    needsScore: false,
    isDescending: spec.isDescending,
    reader({ segment }) {
      // Ids are not in order within a segment: their ranks are.
      const docs = Array.from({ length: segment.docCount }, (_, doc) => doc);
      const bytes = docs.map((doc) => Buffer.from(segment.id(doc)));
      const order = docs.sort((a, b) => Buffer.compare(bytes[a]!, bytes[b]!));
      const ranks = new Uint32Array(order.length);
      order.forEach((doc, rank) => {
        ranks[doc] = rank;
      });
      return {
        value: (doc) => ranks[doc]!,
        globalize: (value) => bytes[order[Number(value)]!]!,
        localize(value) {
          let low = 0;
          let high = order.length;
          while (low < high) {
            const middle = (low + high) >>> 1;
            if (Buffer.compare(bytes[order[middle]!]!, value as Buffer) < 0) low = middle + 1;
            else high = middle;
          }
          const isFound = low < order.length && bytes[order[low]!]!.equals(value as Buffer);
          return isFound ? low : low - 0.5;
        },
      };
    },
    compare: (a, b) => Buffer.compare(a as Buffer, b as Buffer),
    parse: (value) => Buffer.from(queryText(value)),
    show: (value) => (value as Buffer).toString('utf8', 0, (value as Buffer).length),
  };
}

/** Values of a field. `mapper` is null for a field that this index does not have and that may be missing. */
export function fieldKey(spec: SortSpec, mapper: FieldMapper | null, context: QueryContext): SortKey {
  const kind: ValueKind = mapper === null ? unmappedKind(spec.unmappedType) : mapper.valueKind;
  return kind === 'ordinals' && mapper?.type !== 'boolean'
    ? ordinalKey(spec, mapper)
    : numberKey(spec, mapper, kind === 'ordinals' ? 'long' : kind, context);
}

function unmappedKind(type: string | null): ValueKind {
  if (type === 'keyword' || type === 'ip' || type === 'text') return 'ordinals';
  if (type === 'double') return 'double';
  return type === 'float' || type === 'half_float' ? 'float' : 'long';
}

function compareNumbers(a: SortValue, b: SortValue): number {
  const x = a as number | bigint;
  const y = b as number | bigint;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Where a missing value stands: at the end that `missing` names, whatever the order. */
function missingNumber(spec: SortSpec): number {
  return (spec.missing === '_first') === spec.isDescending ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

function numberKey(spec: SortSpec, mapper: FieldMapper | null, kind: ValueKind, context: QueryContext): SortKey {
  const isCustom = spec.missing !== '_first' && spec.missing !== '_last';
  const missing: number | bigint = isCustom ? customMissing(spec.missing, mapper, context) : missingNumber(spec);
  const mode = spec.mode ?? (spec.isDescending ? 'max' : 'min');
  const path = mapper?.path ?? spec.field;
  const isBoolean = mapper?.type === 'boolean';
  return {
    spec,
    needsScore: false,
    isDescending: spec.isDescending,
    reader({ segment }) {
      if (mapper === null) return { value: () => missing, ...same };
      if (isBoolean) {
        const field = segment.terms(path);
        if (field === undefined || field.ordinals === null) return { value: () => missing, ...same };
        // Ordinals of F and T become 0 and 1.
        const numbers = Array.from({ length: field.dictionary.size }, (_, i) =>
          field.dictionary.text(i) === 'T' ? 1 : 0,
        );
        const read = modeReader(field.ordinals, mode);
        const { ordinals } = field;
        return { value: (doc) => (ordinals.seek(doc) ? numbers[Number(read(ordinals))]! : missing), ...same };
      }
      const values = segment.numbers(path);
      if (values === undefined) return { value: () => missing, ...same };
      if (!values.isMultiValued) {
        return {
          value(doc) {
            const at = values.firstIndex(doc);
            return at < 0 ? missing : values.values[at]!;
          },
          ...same,
        };
      }
      const read = modeReader(values, mode);
      return { value: (doc) => (values.seek(doc) ? read(values) : missing), ...same };
    },
    compare: compareNumbers,
    parse(value) {
      if (value === null) return missingNumber(spec);
      return parseNumber(value, mapper, kind, context, spec.field);
    },
    show(value) {
      const number = value as number | bigint;
      if (typeof number === 'number' && !Number.isFinite(number)) {
        if (kind !== 'long') return new JavaDouble(number);
        const isInt = isBoolean || ['integer', 'short', 'byte'].includes(mapper?.type ?? spec.unmappedType ?? '');
        if (isInt) return number > 0 ? 0x7fffffff : -0x80000000;
        return number > 0 ? 9223372036854775807n : -9223372036854775808n;
      }
      if (spec.format !== null && mapper !== null) return mapper.formatValue(number, spec.format);
      if (isBoolean) return number;
      if (mapper !== null) return mapper.sortValue(number);
      return kind === 'long' ? number : new JavaDouble(Number(number));
    },
  };
}

function customMissing(value: Json, mapper: FieldMapper | null, context: QueryContext): number | bigint {
  if (mapper instanceof DateField) return mapper.queryValue(value, false, context);
  const text = queryText(value);
  if (mapper?.type === 'boolean') return text === 'true' || text === '1' ? 1 : 0;
  const number = Number(text);
  if (text.trim() === '' || Number.isNaN(number)) throw numberFormat(text);
  return number;
}

function parseNumber(
  value: Json,
  mapper: FieldMapper | null,
  kind: ValueKind,
  context: QueryContext,
  field: string,
): number | bigint {
  try {
    if (mapper instanceof DateField && typeof value === 'string' && !/^-?\d+$/.test(value)) {
      return mapper.queryValue(value, false, context);
    }
    const text = queryText(value);
    if (mapper?.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true' ? 1 : 0;
    if (kind === 'long' && /^[+-]?\d{16,}$/.test(text)) {
      const big = BigInt(text);
      if (big >= 2n ** 63n - 1n) return Number.POSITIVE_INFINITY;
      return big <= -(2n ** 63n) ? Number.NEGATIVE_INFINITY : big;
    }
    const number = Number(text);
    if (text.trim() === '' || Number.isNaN(number)) throw numberFormat(text);
    return kind === 'float' ? Math.fround(number) : number;
  } catch (error) {
    if (!(error instanceof EsError)) throw error;
    throw illegalArgument(`Failed to parse search_after value for field [${field}].`, error);
  }
}

function modeReader(values: DocValues, mode: SortMode): (values: DocValues) => number | bigint {
  switch (mode) {
    case 'min':
      return ({ values: items, start }) => items[start]!;
    case 'max':
      return ({ values: items, end }) => items[end - 1]!;
    case 'sum':
      return sum;
    case 'avg':
      return (found) => roundLong(values, Number(sum(found)) / (found.end - found.start));
    case 'median':
      return ({ values: items, start, end }) => {
        const middle = (start + end) >>> 1;
        if ((end - start) % 2 === 1) return items[middle]!;
        return roundLong(values, (Number(items[middle - 1]!) + Number(items[middle]!)) / 2);
      };
  }
}

/** The sum; of 64-bit integers it wraps around, as it does in the imitated system. */
function sum({ values, start, end }: DocValues): number | bigint {
  if (values instanceof BigInt64Array) {
    let total = 0n;
    for (let at = start; at < end; at++) total += values[at]!;
    return narrow(BigInt.asIntN(64, total));
  }
  let total = 0;
  for (let at = start; at < end; at++) total += values[at] as number;
  return total;
}

/** A computed value of a field of integers is an integer. */
function roundLong({ values }: DocValues, value: number): number | bigint {
  if (values instanceof Float64Array || values instanceof Float32Array) return value;
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) ? rounded : BigInt(rounded);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function ordinalKey(spec: SortSpec, mapper: FieldMapper | null): SortKey {
  const isCustom = spec.missing !== '_first' && spec.missing !== '_last';
  const custom = isCustom ? Buffer.from(queryText(spec.missing)) : null;
  const mode = spec.mode ?? (spec.isDescending ? 'max' : 'min');
  if (mode !== 'min' && mode !== 'max')
    throw illegalArgument(`unsupported sort mode [${mode}] for field [${spec.field}]`);
  const path = mapper?.path ?? spec.field;
  const isNullLast = spec.missing !== '_first';
  const missingLocal = missingNumber(spec);
  return {
    spec,
    needsScore: false,
    isDescending: spec.isDescending,
    reader({ segment }) {
      const field = segment.terms(path);
      if (field === undefined || field.ordinals === null) {
        return { value: () => missingLocal, globalize: () => custom, localize: () => missingLocal };
      }
      const { ordinals, dictionary } = field;
      const localize = (value: SortValue): number => {
        if (value === null) return missingLocal;
        const at = dictionary.lowerBound(value as Buffer);
        return at < dictionary.size && dictionary.term(at).equals(value as Buffer) ? at : at - 0.5;
      };
      const missing = custom === null ? missingLocal : localize(custom);
      return {
        value(doc) {
          if (!ordinals.seek(doc)) return missing;
          return ordinals.values[mode === 'min' ? ordinals.start : ordinals.end - 1]!;
        },
        globalize(value) {
          if (!Number.isInteger(value)) return custom;
          return Buffer.from(dictionary.term(Number(value)));
        },
        localize,
      };
    },
    compare(a, b) {
      if (a === null || b === null) {
        if (a === b) return 0;
        const nullOrder = isNullLast === !spec.isDescending ? 1 : -1;
        return a === null ? nullOrder : -nullOrder;
      }
      return Buffer.compare(a as Buffer, b as Buffer);
    },
    parse(value) {
      if (value === null) return null;
      const text = queryText(value);
      if (mapper?.type === 'ip') {
        const query = mapper.rangeQuery({ lower: text, upper: text, includeLower: true, includeUpper: true }, nowhere);
        return (query as { lower: Buffer }).lower;
      }
      return Buffer.from(text);
    },
    show(value) {
      if (value === null) return null;
      const bytes = value as Buffer;
      return mapper === null ? bytes.toString('utf8', 0, bytes.length) : mapper.sortValue(bytes);
    },
  };
}

const nowhere: QueryContext = { index: { name: '', uuid: '' }, nowMs: 0 };

/** Orders values of all keys; 0 for a tie. */
export function compareValues(keys: readonly SortKey[], a: readonly SortValue[], b: readonly SortValue[]): number {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const order = key.compare(a[i]!, b[i]!);
    if (order !== 0) return key.isDescending ? -order : order;
  }
  return 0;
}
