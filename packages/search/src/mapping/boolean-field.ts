import { EsError, illegalArgument } from '../errors.ts';
import { type JsonScanner, tokenFalse, tokenString, tokenTrue } from '../json/json-scanner.ts';
import type { Json } from '../json/json-value.ts';
import type { Query } from '../search/query.ts';
import type { DocumentContext } from './document-context.ts';
import { FieldMapper, queryText, type RangeBounds, type ValueKind } from './field-mapper.ts';
import { anyParam, booleanParam, type ParamSpec } from './field-params.ts';
import { scalarText } from './text-field.ts';

const specs: readonly ParamSpec[] = [
  booleanParam('index', true),
  booleanParam('doc_values', true),
  booleanParam('store', false),
  booleanParam('ignore_malformed', false, true),
  booleanParam('null_value', null),
  anyParam('boost', 1),
  anyParam('meta'),
];

const trueTerm = 'T';
const falseTerm = 'F';

/** True and false: indexed as the terms T and F, which makes them score as terms. */
export class BooleanField extends FieldMapper {
  get type(): string {
    return 'boolean';
  }

  get specs(): readonly ParamSpec[] {
    return specs;
  }

  get valueKind(): ValueKind {
    return 'ordinals';
  }

  index(scanner: JsonScanner, context: DocumentContext): void {
    let value: boolean;
    if (scanner.token === tokenTrue) value = true;
    else if (scanner.token === tokenFalse) value = false;
    else {
      const text = scalarText(scanner);
      if (scanner.token === tokenString && text === 'true') value = true;
      else if (scanner.token === tokenString && (text === 'false' || text === '')) value = false;
      else throw illegalArgument(`Failed to parse value [${text}] as only [true] or [false] are allowed.`);
    }
    context.keyword(this.path, value ? trueTerm : falseTerm);
  }

  override indexNull(context: DocumentContext): void {
    const value = this.param<boolean | null>('null_value');
    if (value !== null && value !== undefined) context.keyword(this.path, value ? trueTerm : falseTerm);
  }

  #term(value: Json): Buffer {
    const text = queryText(value);
    if (text === 'true') return Buffer.from(trueTerm);
    if (text === 'false' || text === '') return Buffer.from(falseTerm);
    throw illegalArgument(`Can't parse boolean value [${text}], expected [true] or [false]`);
  }

  #assertSearchable(): void {
    if (this.isIndexed || this.hasDocValues) return;
    throw illegalArgument(
      `Cannot search on field [${this.path}] since it is both not indexed, and does not have doc_values enabled.`,
    );
  }

  termQuery(value: Json): Query {
    this.#assertSearchable();
    return { kind: 'term', field: this.path, term: this.#term(value) };
  }

  override termsQuery(values: readonly Json[]): Query {
    this.#assertSearchable();
    return { kind: 'terms', field: this.path, terms: values.map((value) => this.#term(value)) };
  }

  rangeQuery(bounds: RangeBounds): Query {
    this.#assertSearchable();
    return {
      kind: 'termRange',
      field: this.path,
      lower: bounds.lower == null ? null : this.#term(bounds.lower),
      upper: bounds.upper == null ? null : this.#term(bounds.upper),
      includeLower: bounds.includeLower,
      includeUpper: bounds.includeUpper,
    };
  }

  formatValue(value: number | bigint | Buffer): unknown {
    return (value as Buffer)[0] === 0x54;
  }

  override sortValue(value: number | bigint | Buffer): unknown {
    return this.formatValue(value) ? 1 : 0;
  }

  override fetchValue(value: Json): unknown {
    try {
      return this.formatValue(this.#term(value));
    } catch (error) {
      if (error instanceof EsError) return undefined;
      throw error;
    }
  }
}
