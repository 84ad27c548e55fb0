import { illegalArgument, parsingError } from '../errors.ts';
import { isJsonObject, type Json } from '../json/json-value.ts';
import type { RangeBounds } from '../mapping/field-mapper.ts';
import { matchNone } from '../search/query.ts';
import { booleanOf, boostOf, decorate, isScalar, type QueryType, textOf } from './dsl.ts';
import { exists } from './term-level.ts';

const relations = ['intersects', 'contains', 'within'];

export const rangeQuery: QueryType = {
  name: 'range',
  parse(body, dsl) {
    const bounds: RangeBounds = { lower: undefined, upper: undefined, includeLower: true, includeUpper: true };
    let field = '';
    let boost = 1;
    let queryName: string | null = null;
    for (const [key, value] of body) {
      if (isScalar(value)) {
        if (key === '_name') queryName = textOf(value);
        else throw dsl.unsupported('range', body, key);
        continue;
      }
      if (field !== '') {
        throw parsingError(
          `[range] query doesn't support multiple fields, found [${field}] and [${key}]`,
          dsl.at(body, key),
        );
      }
      if (!isJsonObject(value)) throw dsl.unsupported('range', body, key);
      field = key;
      for (const [name, setting] of value) {
        const bound: Json | undefined = setting === null ? undefined : setting;
        switch (name) {
          case 'gte':
          case 'ge':
            bounds.lower = bound;
            bounds.includeLower = true;
            break;
          case 'gt':
            bounds.lower = bound;
            bounds.includeLower = false;
            break;
          case 'lte':
          case 'le':
            bounds.upper = bound;
            bounds.includeUpper = true;
            break;
          case 'lt':
            bounds.upper = bound;
            bounds.includeUpper = false;
            break;
          case 'from':
            bounds.lower = bound;
            break;
          case 'to':
            bounds.upper = bound;
            break;
          case 'include_lower':
            bounds.includeLower = booleanOf(setting);
            break;
          case 'include_upper':
            bounds.includeUpper = booleanOf(setting);
            break;
          case 'format':
            bounds.format = textOf(setting);
            break;
          case 'time_zone':
            bounds.timeZone = textOf(setting);
            break;
          case 'relation':
            bounds.relation = textOf(setting).toLowerCase();
            if (!relations.includes(bounds.relation))
              throw illegalArgument(`${textOf(setting)} is not a valid relation`);
            break;
          case 'boost':
            boost = boostOf(setting);
            break;
          case '_name':
            queryName = textOf(setting);
            break;
          default:
            throw dsl.unsupported('range', value, name);
        }
      }
    }
    if (field === '') throw illegalArgument('field name is null or empty');
    return {
      name: 'range',
      build(context) {
        const mapper = context.mapping.field(field);
        if (mapper === undefined) return decorate(matchNone(`unmapped fields [${field}]`), boost, queryName);
        const isOpen = bounds.lower === undefined && bounds.upper === undefined;
        const query = isOpen ? exists(field, context) : mapper.rangeQuery(bounds, context);
        return decorate(query, boost, queryName);
      },
    };
  },
};
