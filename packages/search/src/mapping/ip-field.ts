import { EsError, illegalArgument } from '../errors.ts';
import type { JsonScanner } from '../json/json-scanner.ts';
import type { Json } from '../json/json-value.ts';
import { constantScore, type Query } from '../search/query.ts';
import type { DocumentContext } from './document-context.ts';
import { FieldMapper, type QueryContext, queryText, type RangeBounds, type ValueKind } from './field-mapper.ts';
import { anyParam, booleanParam, type ParamSpec, textParam } from './field-params.ts';
import { cidrRange, decodeIp, encodeIp } from './ip-address.ts';
import { scalarText } from './text-field.ts';

const specs: readonly ParamSpec[] = [
  booleanParam('index', true),
  booleanParam('doc_values', true),
  booleanParam('store', false),
  booleanParam('ignore_malformed', false, true),
  textParam('null_value', null),
  anyParam('boost', 1),
  anyParam('meta'),
];

/** IPv4 and IPv6 addresses, in the order of their bytes. */
export class IpField extends FieldMapper {
  get type(): string {
    return 'ip';
  }

  get specs(): readonly ParamSpec[] {
    return specs;
  }

  get valueKind(): ValueKind {
    return 'ordinals';
  }

  index(scanner: JsonScanner, context: DocumentContext): void {
    context.keyword(this.path, encodeIp(scalarText(scanner)), true);
  }

  override indexNull(context: DocumentContext): void {
    const value = this.param<string | null>('null_value');
    if (value !== null && value !== undefined) context.keyword(this.path, encodeIp(value), true);
  }

  #assertSearchable(): void {
    if (this.isIndexed || this.hasDocValues) return;
    throw illegalArgument(
      `Cannot search on field [${this.path}] since it is both not indexed, and does not have doc_values enabled.`,
    );
  }

  termQuery(value: Json, _context: QueryContext): Query {
    this.#assertSearchable();
    const text = queryText(value);
    if (text.includes('/')) {
      const [lower, upper] = cidrRange(text);
      return { kind: 'termRange', field: this.path, lower, upper, includeLower: true, includeUpper: true };
    }
    return constantScore({ kind: 'term', field: this.path, term: Buffer.from(encodeIp(text), 'latin1') });
  }

  rangeQuery(bounds: RangeBounds): Query {
    this.#assertSearchable();
    const term = (value: Json | undefined): Buffer | null =>
      value == null ? null : Buffer.from(encodeIp(queryText(value)), 'latin1');
    return {
      kind: 'termRange',
      field: this.path,
      lower: term(bounds.lower),
      upper: term(bounds.upper),
      includeLower: bounds.includeLower,
      includeUpper: bounds.includeUpper,
    };
  }

  formatValue(value: number | bigint | Buffer): unknown {
    return decodeIp(value as Buffer);
  }

  override fetchValue(value: Json): unknown {
    try {
      return decodeIp(Buffer.from(encodeIp(queryText(value)), 'latin1'));
    } catch (error) {
      if (error instanceof EsError) return undefined;
      throw error;
    }
  }
}
