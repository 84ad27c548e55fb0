import type { TraceSearch } from '../../api/traces.ts';
import { intParam } from '../../url/search-params.ts';

/** What the page of traces asks for, as its URL says it. */
export function readTraceSearch(params: URLSearchParams): TraceSearch {
  return {
    service: params.get('service') ?? '',
    span: params.get('name') ?? '',
    minDuration: params.get('min') ?? '',
    isErrorsOnly: params.get('errors') === '1',
    tags: params.get('q') ?? '',
    edge: params.get('edge') ?? '',
    limit: intParam(params.get('limit'), 100, 1, 1000),
  };
}

/** No filter at all: only time. */
export const isUnfiltered = ({ service, span, minDuration, isErrorsOnly, tags, edge }: TraceSearch): boolean =>
  service === '' && span === '' && minDuration.trim() === '' && !isErrorsOnly && tags.trim() === '' && edge === '';

export const noFilter = { service: null, name: null, min: null, errors: null, q: null, edge: null };
