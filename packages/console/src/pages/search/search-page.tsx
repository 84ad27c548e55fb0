import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { getJson } from '../../api/http.ts';
import {
  type IndexFacts,
  readIndices,
  type SearchAnswer,
  type SearchHit,
  searchBody,
  searchIndex,
} from '../../api/search-store.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring } from '../../app/page.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { Button, SearchBox, Select } from '../../components/controls.tsx';
import { Marked } from '../../components/marked.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { useSettled } from '../../components/numbers.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatCount, formatExact, plural } from '../../format/number.ts';
import { DocumentPanel } from './document-panel.tsx';
import './search-page.css';

const pageSize = 25;
const hitsMax = 500;

const readIndexList = async (path: string, signal: AbortSignal): Promise<IndexFacts[]> =>
  readIndices(await getJson<Record<string, string>[]>(path, signal));

/** The store: an index, a box for text and `field:value`, hits with their words marked. */
export default function SearchPage(): ReactNode {
  const params = useParams();
  const indices = useFetch('/api/search/_cat/indices?format=json', readIndexList);
  const query = params.get('q') ?? '';
  const index = params.get('index') ?? firstIndex(indices.data ?? []) ?? null;
  const documentId = params.get('doc');
  const panel = documentId !== null && index !== null && (
    <DocumentPanel index={index} id={documentId} onClose={() => setParams({ doc: null })} />
  );
  return (
    <Page title="Search" panel={panel}>
      {indices.error && !indices.data ? (
        <Failure title="The store did not answer" error={indices.error} onRetry={indices.reload} />
      ) : !indices.data ? (
        <Loading />
      ) : index === null ? (
        <NoIndex />
      ) : (
        <div className="search">
          <div className="search-head">
            <Select
              aria-label="Index"
              className="search-index"
              value={index}
              onChange={(event) => setParams({ index: event.target.value, doc: null })}
            >
              {indexNames(indices.data, index).map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
            <SearchBox
              label="Text, or field:value"
              isLarge
              isPageFilter
              value={query}
              onChange={(text) => setParams({ q: text, doc: null }, { replace: true })}
            />
          </div>
          <Results
            index={index}
            query={query}
            open={documentId}
            documents={indices.data.find((known) => known.index === index)?.documents ?? null}
          />
        </div>
      )}
    </Page>
  );
}

/** The platform's own indices have a page of their own: the user's come first. */
const firstIndex = (known: readonly IndexFacts[]): string | undefined =>
  (known.find(({ index }) => !/^(headwater-|\.)/.test(index)) ?? known[0])?.index;

const indexNames = (known: IndexFacts[], chosen: string): string[] =>
  [...new Set([chosen, ...known.map((facts) => facts.index)])].sort();

interface Found {
  key: string;
  answer: SearchAnswer | null;
  error: ApiError | null;
}

function Results({
  index,
  query,
  open,
  documents,
}: {
  index: string;
  query: string;
  open: string | null;
  documents: number | null;
}): ReactNode {
  const settled = useSettled(query);
  const [size, setSize] = useState(pageSize);
  const [found, setFound] = useState<Found>({ key: '', answer: null, error: null });
  const [turn, setTurn] = useState(0);
  const key = `${index}\n${settled}`;
  useEffect(() => setSize(pageSize), [key]);
  useEffect(() => {
    const controller = new AbortController();
    searchIndex({ index, query: settled, size }, controller.signal).then(
      (answer) => setFound({ key, answer, error: null }),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(-1, 'HW_CONSOLE_BUG', String(error));
        // What was found before stays in sight under the message: one is still typing.
        setFound((before) => ({ key, answer: before.answer, error: known }));
      },
    );
    return () => controller.abort();
  }, [key, size, turn]);
  const hits = found.answer?.hits ?? [];
  const [cursor, setCursor] = useState(-1);
  const move = (step: number): void => {
    const next = Math.min(hits.length - 1, Math.max(0, cursor + step));
    setCursor(next);
    document.querySelector(`[data-hit="${next}"]`)?.scrollIntoView({ block: 'nearest' });
    if (open !== null && hits[next]) setParams({ doc: hits[next].id }, { replace: true });
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => hits[cursor] && setParams({ doc: hits[cursor].id }),
    c: () => hits[cursor] && void copyText(hits[cursor].source, 'Document'),
  });

  return (
    <>
      <div className="search-status">
        <span role="status">{statusOf(found, key, settled, documents)}</span>
        <Spring />
        <Button look="quiet" icon="copy" onClick={() => void copyText(curlOf(index, settled), 'Command')}>
          curl
        </Button>
      </div>
      {found.error && found.key === key && <QueryFailure error={found.error} onRetry={() => setTurn(turn + 1)} />}
      {found.answer === null ? (
        !found.error && <Loading rows={8} />
      ) : hits.length === 0 ? (
        !found.error && <NoHits query={settled} index={index} />
      ) : (
        <ol className="search-hits" aria-label="Hits">
          {hits.map((hit, place) => (
            <Hit
              key={hit.id}
              hit={hit}
              place={place}
              isOpen={hit.id === open}
              isCursor={place === cursor}
              onOpen={() => setCursor(place)}
            />
          ))}
        </ol>
      )}
      {found.answer && hits.length >= size && size < hitsMax && (
        <div className="search-more">
          <Button onClick={() => setSize(Math.min(hitsMax, size + 100))}>Show more hits</Button>
        </div>
      )}
    </>
  );
}

function statusOf(found: Found, key: string, query: string, documents: number | null): string {
  if (found.key !== key && found.answer === null) return 'Searching';
  const { answer } = found;
  if (!answer) return '';
  const count = `${answer.isTotalExact ? '' : 'more than '}${plural(answer.total, query === '' ? 'document' : 'hit')}`;
  const of = query !== '' && documents !== null ? ` of ${formatCount(documents)} documents` : '';
  return `${count}${of} in ${formatExact(answer.tookMs)} ms`;
}

function curlOf(index: string, query: string): string {
  const { highlight: _, ...body } = searchBody({ index, query, size: pageSize });
  return `curl -H 'content-type: application/json' -d '${JSON.stringify(body).replaceAll("'", `'\\''`)}' '${location.origin}/api/search/${encodeURIComponent(index)}/_search'`;
}

function Hit({
  hit,
  place,
  isOpen,
  isCursor,
  onOpen,
}: {
  hit: SearchHit;
  place: number;
  isOpen: boolean;
  isCursor: boolean;
  onOpen: () => void;
}): ReactNode {
  const source = useMemo(() => hit.source.replace(/\s+/g, ' ').slice(0, 600), [hit.source]);
  const open = (): void => {
    onOpen();
    setParams({ doc: hit.id }, { replace: isOpen });
  };
  return (
    <li data-hit={place}>
      <button
        type="button"
        className={`search-hit ${isCursor ? 'search-hit-cursor' : ''}`}
        aria-current={isOpen || undefined}
        onClick={open}
      >
        {hit.highlights.map(({ field, fragments }) => (
          <span key={field} className="search-fragment">
            <span className="search-field">{field}</span>
            <span>
              {fragments.map((segments, index) => (
                <span key={index}>
                  {index > 0 && ' … '}
                  <Marked segments={segments} />
                </span>
              ))}
            </span>
          </span>
        ))}
        <span className="search-source mono">{source}</span>
        <span className="search-meta">
          <span className="mono">{hit.id}</span>
          {hit.score !== null && <span title="How well it fits, by BM25">score {hit.score}</span>}
        </span>
      </button>
    </li>
  );
}

/** A query that the store refuses is mostly one that is half typed: say what it said, and how the box is meant. */
function QueryFailure({ error, onRetry }: { error: ApiError; onRetry: () => void }): ReactNode {
  if (error.status !== 400) return <Failure title="The search failed" error={error} onRetry={onRetry} />;
  return (
    <div className="search-refused" role="alert">
      <p>
        <strong>The store does not understand this query.</strong> {error.message}
      </p>
      <p className="muted">
        Words are all looked for; <code>text:kafka</code> asks one field, <code>"event store"</code> a phrase,{' '}
        <code>kafka OR java</code> either, <code>-java</code> not, <code>createdAt:[2026 TO *]</code> a range. Put{' '}
        <code>\</code> before a sign that is meant as itself.
      </p>
    </div>
  );
}

function NoHits({ query, index }: { query: string; index: string }): ReactNode {
  if (query === '') {
    return (
      <Empty title={`${index} has no documents yet`}>
        <p>Index one:</p>
        <Command>{`curl -H 'content-type: application/json' -d '{"text":"hello"}' '${location.origin}/api/search/${index}/_doc?refresh=true'`}</Command>
      </Empty>
    );
  }
  return (
    <Empty title="No document has all of these words">
      <p>
        Put <code>OR</code> between words to find either, or end one with <code>*</code> to find its beginnings.
      </p>
    </Empty>
  );
}

function NoIndex(): ReactNode {
  return (
    <Empty title="There is no index yet">
      <p>The first document makes one:</p>
      <Command>{`curl -H 'content-type: application/json' -d '{"text":"hello"}' '${location.origin}/api/search/notes/_doc?refresh=true'`}</Command>
      <p>The tweets example fills twitter-index:</p>
      <Command>npm start</Command>
    </Empty>
  );
}
