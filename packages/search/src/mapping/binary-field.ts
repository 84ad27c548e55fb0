import { illegalArgument, queryShardError } from '../errors.ts';
import { type JsonScanner, tokenString } from '../json/json-scanner.ts';
import type { Json } from '../json/json-value.ts';
import type { Query } from '../search/query.ts';
import type { QueryContext, RangeBounds } from './field-mapper.ts';
import { FieldMapper, type ValueKind } from './field-mapper.ts';
import { anyParam, booleanParam, type ParamSpec } from './field-params.ts';

const specs: readonly ParamSpec[] = [booleanParam('doc_values', false), booleanParam('store', false), anyParam('meta')];

/** Base64 text that is only kept in the source. */
export class BinaryField extends FieldMapper {
  get type(): string {
    return 'binary';
  }

  get specs(): readonly ParamSpec[] {
    return specs;
  }

  get valueKind(): ValueKind {
    return null;
  }

  index(scanner: JsonScanner): void {
    if (scanner.token !== tokenString) throw illegalArgument('a binary value is base64 text');
  }

  termQuery(_value: Json, context: QueryContext): Query {
    throw queryShardError('Binary fields do not support searching', context.index);
  }

  rangeQuery(_bounds: RangeBounds, context: QueryContext): Query {
    throw queryShardError('Binary fields do not support searching', context.index);
  }

  formatValue(value: number | bigint | Buffer): unknown {
    return String(value);
  }
}
