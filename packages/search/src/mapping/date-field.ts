import { type DateFormatter, dateFormatter, defaultDateFormat } from '../dates/date-formatter.ts';
import { parseDateMath } from '../dates/date-math.ts';
import type { Instant } from '../dates/java-pattern.ts';
import { timeZone } from '../dates/time-zone.ts';
import { EsError, illegalArgument } from '../errors.ts';
import { type JsonScanner, tokenDecimal } from '../json/json-scanner.ts';
import type { Json } from '../json/json-value.ts';
import { matchNone, type Query } from '../search/query.ts';
import type { DocumentContext } from './document-context.ts';
import {
  FieldMapper,
  type FieldMapperOptions,
  type QueryContext,
  queryText,
  type RangeBounds,
  type ValueKind,
} from './field-mapper.ts';
import { anyParam, booleanParam, type ParamSpec, textParam } from './field-params.ts';
import { scalarText } from './text-field.ts';

const nanosFormat = 'strict_date_optional_time_nanos||epoch_millis';

function specsOf(format: string): readonly ParamSpec[] {
  return [
    textParam('format', format),
    textParam('print_format', null),
    textParam('locale', 'en'),
    booleanParam('index', true),
    booleanParam('doc_values', true),
    booleanParam('store', false),
    booleanParam('ignore_malformed', false, true),
    textParam('null_value', null),
    anyParam('boost', 1),
    anyParam('meta'),
  ];
}

const dateSpecs = specsOf(defaultDateFormat);
const nanosSpecs = specsOf(nanosFormat);

/** Dates: milliseconds since 1970, or nanoseconds for `date_nanos`. */
export class DateField extends FieldMapper {
  readonly isNanos: boolean;
  readonly formatter: DateFormatter;
  readonly #printer: DateFormatter;

  constructor(isNanos: boolean, options: FieldMapperOptions) {
    super(options);
    this.isNanos = isNanos;
    const format = (this.params.get('format') as string | undefined) ?? (isNanos ? nanosFormat : defaultDateFormat);
    try {
      this.formatter = dateFormatter(format);
      const printFormat = this.params.get('print_format') as string | undefined;
      this.#printer = printFormat === undefined ? this.formatter : dateFormatter(printFormat);
    } catch (error) {
      if (!(error instanceof EsError)) throw error;
      throw illegalArgument(`Error parsing [format] on field [${this.name}]: ${error.reason}`, error);
    }
  }

  get type(): string {
    return this.isNanos ? 'date_nanos' : 'date';
  }

  get specs(): readonly ParamSpec[] {
    return this.isNanos ? nanosSpecs : dateSpecs;
  }

  get valueKind(): ValueKind {
    return 'long';
  }

  index(scanner: JsonScanner, context: DocumentContext): void {
    let text = scalarText(scanner);
    // A number with an exponent is a count of milliseconds as well.
    if (scanner.token === tokenDecimal && /[eE]/.test(text)) text = String(Number(text));
    context.number(this.path, this.#store(this.formatter.parse(text)));
  }

  override indexNull(context: DocumentContext): void {
    const value = this.param<string | null>('null_value');
    if (value !== null && value !== undefined) context.number(this.path, this.#store(this.formatter.parse(value)));
  }

  #store(instant: Instant): number | bigint {
    if (!this.isNanos) return instant.ms;
    if (instant.ms < 0) {
      throw illegalArgument(
        `date[${new Date(instant.ms).toISOString()}] is before the epoch in 1970 and cannot be stored in nanosecond resolution`,
      );
    }
    if (instant.ms > 9_223_372_036_854) {
      throw illegalArgument(
        `date[${new Date(instant.ms).toISOString()}] is after 2262-04-11T23:47:16.854775807 and cannot be stored in nanosecond resolution`,
      );
    }
    return BigInt(instant.ms) * 1_000_000n + BigInt(instant.nanos);
  }

  toInstant(value: number | bigint): Instant {
    if (!this.isNanos) return { ms: Number(value), nanos: 0 };
    const nanos = BigInt(value);
    return { ms: Number(nanos / 1_000_000n), nanos: Number(nanos % 1_000_000n) };
  }

  /** A date of a query, as the field stores it. */
  queryValue(value: Json, isRoundedUp: boolean, context: QueryContext, bounds?: RangeBounds): number | bigint {
    let formatter = bounds?.format === undefined ? this.formatter : dateFormatter(bounds.format);
    if (bounds?.timeZone !== undefined) formatter = formatter.withZone(timeZone(bounds.timeZone));
    const instant = parseDateMath(queryText(value), formatter, context.nowMs, isRoundedUp);
    if (!this.isNanos) return instant.ms;
    return BigInt(instant.ms) * 1_000_000n + BigInt(instant.nanos);
  }

  #assertSearchable(): void {
    if (this.isIndexed || this.hasDocValues) return;
    throw illegalArgument(
      `Cannot search on field [${this.path}] since it is both not indexed, and does not have doc_values enabled.`,
    );
  }

  termQuery(value: Json, context: QueryContext): Query {
    return this.rangeQuery({ lower: value, upper: value, includeLower: true, includeUpper: true }, context);
  }

  rangeQuery(bounds: RangeBounds, context: QueryContext): Query {
    this.#assertSearchable();
    let lower: number | bigint = this.isNanos ? 0n : Number.MIN_SAFE_INTEGER;
    let upper: number | bigint = this.isNanos ? 2n ** 63n - 1n : Number.MAX_SAFE_INTEGER;
    if (bounds.lower != null) {
      lower = this.queryValue(bounds.lower, !bounds.includeLower, context, bounds);
      if (!bounds.includeLower) lower = typeof lower === 'bigint' ? lower + 1n : lower + 1;
    }
    if (bounds.upper != null) {
      upper = this.queryValue(bounds.upper, bounds.includeUpper, context, bounds);
      if (!bounds.includeUpper) upper = typeof upper === 'bigint' ? upper - 1n : upper - 1;
    }
    if (lower > upper) return matchNone(`range of [${this.path}] is empty`);
    return { kind: 'numberRange', field: this.path, lower, upper };
  }

  formatValue(value: number | bigint | Buffer, format?: string): unknown {
    const instant = this.toInstant(value as number | bigint);
    const isDefault = format === undefined || format === 'use_field_mapping';
    return (isDefault ? this.#printer : dateFormatter(format)).format(instant);
  }

  override sortValue(value: number | bigint | Buffer): unknown {
    return value;
  }

  override fetchValue(value: Json, format?: string): unknown {
    try {
      return this.formatValue(this.#store(this.formatter.parse(queryText(value))), format);
    } catch (error) {
      if (error instanceof EsError) return undefined;
      throw error;
    }
  }
}
