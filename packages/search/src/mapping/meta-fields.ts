import type { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import { illegalArgument, queryShardError } from '../errors.ts';
import type { Json } from '../json/json-value.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { matchAll, matchNone, type Query } from '../search/query.ts';
import { FieldMapper, type QueryContext, queryText, type RangeBounds, type ValueKind } from './field-mapper.ts';
import type { ParamSpec } from './field-params.ts';
import { KeywordField } from './keyword-field.ts';

const none = { params: new Map(), fields: [], copyTo: [] };

/** Fields that every document has besides those of its mapping. */
abstract class MetaField extends FieldMapper {
  get specs(): readonly ParamSpec[] {
    return [];
  }

  get valueKind(): ValueKind {
    return null;
  }

  get type(): string {
    return this.path;
  }

  index(): void {
    throw illegalArgument(`Field [${this.path}] is a metadata field`);
  }

  rangeQuery(_bounds: RangeBounds, context: QueryContext): Query {
    const reason = `Field [${this.path}] of type [${this.path}] does not support range queries`;
    throw queryShardError(reason, context.index);
  }

  formatValue(value: number | bigint | Buffer): unknown {
    return String(value);
  }
}

class IdField extends MetaField {
  termQuery(value: Json): Query {
    return this.termsQuery([value]);
  }

  override termsQuery(values: readonly Json[]): Query {
    return { kind: 'ids', ids: values.map((value) => Buffer.from(queryText(value))) };
  }
}

class IndexField extends MetaField {
  termQuery(value: Json, context: QueryContext): Query {
    const isThis = matchesWildcard(queryText(value), context.index.name);
    return isThis ? matchAll : matchNone(`The index [${context.index.name}] doesn't match the query`);
  }

  override termsQuery(values: readonly Json[], context: QueryContext): Query {
    const isThis = values.some((value) => queryText(value) === context.index.name);
    return isThis ? matchAll : matchNone(`The index [${context.index.name}] doesn't match the query`);
  }

  override prefixQuery(text: string, _isCaseIgnored: boolean, context: QueryContext): Query {
    return context.index.name.startsWith(text)
      ? matchAll
      : matchNone(`The index [${context.index.name}] doesn't match`);
  }

  override wildcardQuery(pattern: string, _isCaseIgnored: boolean, context: QueryContext): Query {
    return this.termQuery(pattern, context);
  }
}

/** Names that a document may not have as fields. */
export const metadataNames: ReadonlySet<string> = new Set([
  '_id',
  '_index',
  '_routing',
  '_ignored',
  '_source',
  '_field_names',
  '_seq_no',
  '_version',
  '_primary_term',
  '_nested_path',
  '_doc_count',
]);

export function metaFields(analysis: AnalysisRegistry): Map<string, FieldMapper> {
  const keyword = (path: string): FieldMapper => new KeywordField({ path, ...none }, analysis);
  return new Map<string, FieldMapper>([
    ['_id', new IdField({ path: '_id', ...none })],
    ['_index', new IndexField({ path: '_index', ...none })],
    ['_routing', keyword('_routing')],
    ['_ignored', keyword('_ignored')],
  ]);
}
