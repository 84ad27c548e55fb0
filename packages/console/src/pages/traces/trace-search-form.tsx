import type { ReactNode } from 'react';
import { splitEdge, type TraceSearch, zipkinApi } from '../../api/traces.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams } from '../../app/navigation.tsx';
import { Spring, Toolbar } from '../../app/page.tsx';
import { Button, Input, SearchBox, Segments, Select, Toggle } from '../../components/controls.tsx';
import { parseMicros } from '../../format/micros.ts';

const views = [
  { value: 'list', name: 'List', icon: 'traces' },
  { value: 'map', name: 'Service map', icon: 'map' },
] as const;

/** Which traces: each part is in the URL as it is chosen. */
export function TraceSearchForm({
  search,
  view,
  services,
}: {
  search: TraceSearch;
  view: 'list' | 'map';
  services: readonly string[];
}): ReactNode {
  const spans = useFetch<string[]>(
    search.service === '' ? null : `${zipkinApi}/spans?${new URLSearchParams({ serviceName: search.service })}`,
  );
  const edge = splitEdge(search.edge);
  const isDurationBad = search.minDuration.trim() !== '' && parseMicros(search.minDuration) === null;
  return (
    <Toolbar>
      {view === 'list' && (
        <>
          <Select
            aria-label="Service"
            className="traces-select"
            value={search.service}
            onChange={(event) => setParams({ service: event.target.value, name: null })}
          >
            <option value="">All services</option>
            {withChosen(services, search.service).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
          <Select
            aria-label="Span name"
            className="traces-select"
            value={search.span}
            disabled={search.service === ''}
            title={search.service === '' ? 'Choose a service first: spans are named by services.' : undefined}
            onChange={(event) => setParams({ name: event.target.value })}
          >
            <option value="">All spans</option>
            {withChosen(spans.data ?? [], search.span).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
          <span className="traces-min">
            <Input
              aria-label="Least duration, like 100ms or 2s"
              aria-invalid={isDurationBad}
              title={isDurationBad ? 'A number with us, ms, s or m: 250us, 100ms, 2s.' : undefined}
              placeholder="≥ 100ms"
              value={search.minDuration}
              onChange={(event) => setParams({ min: event.target.value }, { replace: true })}
            />
          </span>
          <Toggle
            label="Errors only"
            isOn={search.isErrorsOnly}
            onChange={(isOn) => setParams({ errors: isOn ? 1 : null })}
          />
          <SearchBox
            label="Tags: http.route=/documents and error"
            className="traces-tags"
            isPageFilter
            value={search.tags}
            onChange={(text) => setParams({ q: text }, { replace: true })}
          />
          {edge && (
            <Button icon="close" onClick={() => setParams({ edge: null })}>
              {`${edge[0]} → ${edge[1]} only`}
            </Button>
          )}
        </>
      )}
      <Spring />
      <Segments
        label="How traces are shown"
        value={view}
        choices={views}
        onChange={(value) => setParams({ view: value === 'list' ? null : value })}
      />
    </Toolbar>
  );
}

const withChosen = (names: readonly string[], chosen: string): string[] =>
  [...new Set(chosen === '' ? names : [...names, chosen])].sort();
