import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import { searchIndex } from '../api/search-store.ts';
import { paused, useSubscription } from '../app/live.ts';
import { Link } from '../app/navigation.tsx';
import { useStore } from '../app/store.ts';
import { SearchBox } from '../components/controls.tsx';
import { Marked } from '../components/marked.tsx';
import { Command, Empty, Failure, Loading } from '../components/notice.tsx';
import { Time, useSettled } from '../components/numbers.tsx';
import { markTerms, queryTerms } from '../format/highlight.ts';
import { plural } from '../format/number.ts';
import { tryParseJson } from '../json/parse.ts';
import { FrameBatch } from '../live/frame-batch.ts';
import type { SubState } from '../live/live-client.ts';
import { addHitEvent, type LiveHit, type LiveHits, noHits } from './live-hits.ts';
import { Pane } from './pane.tsx';
import { tweetFields } from './record-preview.ts';

interface HitsProps {
  /** Searched directly when there is no query service. */
  index: string;
  query: string;
  onQuery: (query: string) => void;
}

/** A search whose hits keep coming: through the query service as a live stream, else straight from the store. */
export function Hits({ index, query, onQuery }: HitsProps): ReactNode {
  const settled = useSettled(query.trim(), 250);
  const stream = useLiveHits(settled);
  const isDirect = stream.state.kind === 'error' && stream.state.status === 404;
  const direct = useDirectHits(isDirect && settled !== '' ? index : null, settled);
  const { hits, total, wordCount } = isDirect ? direct.hits : stream.hits;
  const error = isDirect
    ? direct.error
    : stream.state.kind === 'error'
      ? new ApiError(stream.state.status, 'query service', stream.state.message)
      : null;
  const isWaiting = total === null && !error;
  return (
    <Pane
      title="Search"
      tools={
        <Link
          className="link pane-figure"
          to={`/ui/search?index=${encodeURIComponent(index)}&q=${encodeURIComponent(query)}`}
        >
          Open in search
        </Link>
      }
    >
      <div className="pane-search">
        <SearchBox label="Words in a tweet" value={query} onChange={onQuery} />
      </div>
      <p className="pane-status" role="status">
        {settled === '' ? ' ' : error ? ' ' : isWaiting ? 'Searching' : summaryOf(total ?? 0, wordCount, isDirect)}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="pane-body" tabIndex={0} aria-label="Hits">
        {settled === '' ? (
          <Empty title="Type a word">
            <p>Hits are marked, and new ones appear here as they are indexed.</p>
          </Empty>
        ) : hits.length > 0 ? (
          <div className="arrivals">
            {hits.map((hit) => (
              <Hit key={hit.id} hit={hit} index={index} query={settled} />
            ))}
          </div>
        ) : error ? (
          <HitsFailure error={error} />
        ) : isWaiting ? (
          <Loading rows={4} label="Searching" />
        ) : (
          <Empty title="No tweet has these words yet">
            <p>The next one that has them appears here by itself.</p>
          </Empty>
        )}
      </section>
    </Pane>
  );
}

function HitsFailure({ error }: { error: ApiError }): ReactNode {
  if (error.status !== 404) return <Failure title="The search failed" error={error} />;
  return (
    <Empty title="Nothing to search in yet">
      <p>
        The tweets example indexes every tweet into twitter-index, and its query service searches there. Run it with:
      </p>
      <Command>npm start</Command>
      <p className="muted">{error.message}</p>
    </Empty>
  );
}

function summaryOf(total: number, wordCount: number | null, isDirect: boolean): string {
  const counted = wordCount === null ? '' : `, counted ${plural(wordCount, 'time')}`;
  return `${plural(total, 'hit')}${counted}${isDirect ? ', straight from the store' : ''}`;
}

function Hit({ hit, index, query }: { hit: LiveHit; index: string; query: string }): ReactNode {
  const to = `/ui/search?index=${encodeURIComponent(index)}&q=${encodeURIComponent(query)}&doc=${encodeURIComponent(hit.id)}`;
  return (
    <Link className="arrival" to={to}>
      <span className="arrival-text">
        <Marked segments={hit.segments} />
      </span>
      <span className="arrival-meta">
        <span className="truncate mono">{hit.id}</span>
        <Time atMs={hit.createdAtMs} />
      </span>
    </Link>
  );
}

function useLiveHits(query: string): { hits: LiveHits; state: SubState } {
  const [shown, setShown] = useState<{ query: string; hits: LiveHits }>({ query, hits: noHits });
  const newest = useMemo(() => ({ hits: noHits }), [query]);
  const isPaused = useStore(paused);
  const batch = useMemo(
    () =>
      new FrameBatch(() => !(paused.get() && newest.hits.total !== null) && setShown({ query, hits: newest.hits }), 50),
    [newest, query],
  );
  useEffect(() => () => batch.close(), [batch]);
  useEffect(() => {
    if (!isPaused) batch.mark();
  }, [isPaused, batch]);
  const params = new URLSearchParams({ text: query, limit: '30' });
  const state = useSubscription(query === '' ? null : `/query/documents/get-document-by-text?${params}`, {
    onEvent: (name, data) => {
      newest.hits = addHitEvent(newest.hits, name, data, query);
      batch.mark();
    },
  });
  return { hits: shown.query === query ? shown.hits : noHits, state };
}

function useDirectHits(index: string | null, query: string): { hits: LiveHits; error: ApiError | null } {
  const [result, setResult] = useState<{ hits: LiveHits; error: ApiError | null }>({ hits: noHits, error: null });
  useEffect(() => {
    if (index === null) return;
    const controller = new AbortController();
    searchIndex({ index, query, size: 30 }, controller.signal).then(
      (answer) => {
        const hits = answer.hits.flatMap((hit): LiveHit[] => {
          const root = tryParseJson(hit.source);
          const tweet = root && tweetFields(hit.source, root);
          const segments = hit.highlights[0]?.fragments[0] ?? markTerms(tweet?.text ?? hit.source, queryTerms(query));
          return [{ id: hit.id, userId: tweet?.userId ?? '', segments, createdAtMs: Number.NaN }];
        });
        setResult({ hits: { hits, total: answer.total, wordCount: null }, error: null });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setResult({ hits: noHits, error: error as ApiError });
      },
    );
    return () => controller.abort();
  }, [index, query]);
  return result;
}
