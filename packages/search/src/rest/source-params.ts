import type { SourceRequest } from '../search/search-request.ts';
import type { RestRequest } from './rest-request.ts';

export const sourceParams = ['_source', '_source_includes', '_source_excludes', '_source_include', '_source_exclude'];

/** `_source`, `_source_includes`, `_source_excludes` of a query string; null when none is given. */
export function sourceOf(request: RestRequest): SourceRequest | null {
  let source: SourceRequest | null = null;
  const text = request.text('_source');
  if (text !== null) {
    if (text === 'true' || text === '') source = { isEnabled: true, includes: [], excludes: [] };
    else if (text === 'false') source = { isEnabled: false, includes: [], excludes: [] };
    else source = { isEnabled: true, includes: request.list('_source')!, excludes: [] };
  }
  const includes = request.list('_source_includes') ?? request.list('_source_include');
  const excludes = request.list('_source_excludes') ?? request.list('_source_exclude');
  if (includes === null && excludes === null) return source;
  return {
    isEnabled: source?.isEnabled ?? true,
    includes: includes ?? source?.includes ?? [],
    excludes: excludes ?? source?.excludes ?? [],
  };
}
