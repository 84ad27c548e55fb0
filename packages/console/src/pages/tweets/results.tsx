import { memo, type ReactNode, useEffect, useRef } from 'react';
import { Link, setParams, useParams } from '../../app/navigation.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { Segments } from '../../components/controls.tsx';
import { Icon } from '../../components/icons.tsx';
import { Marked } from '../../components/marked.tsx';
import { Command, Empty, Loading } from '../../components/notice.tsx';
import { Age } from '../../components/numbers.tsx';
import { Pager } from '../../components/pager.tsx';
import { StateIcon } from '../../components/state.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { tracePath } from '../../url/route.ts';
import { withParams } from '../../url/search-params.ts';
import { SearchProblem } from './search-problem.tsx';
import type { Tweet } from './tweet.ts';
import { pageSize, pagesMax, type TweetQuery } from './tweet-query.ts';
import type { LiveKind, LiveResults, Search } from './use-search.ts';

interface ResultsProps {
  query: TweetQuery;
  search: Search;
  tweets: readonly Tweet[];
  /** Of the tweets, those that came after the answer. */
  newTotal: number;
  live: LiveResults;
  onShowNew: () => void;
  openId: string | null;
  canSeeTraces: boolean;
}

/** The tweets, how many there are, what is new, and what stands in the way. */
export function Results(props: ResultsProps): ReactNode {
  const { query, search, tweets, newTotal, live, onShowNew, openId, canSeeTraces } = props;
  const { answer, isLoading, problem } = search;
  const { search: address } = { search: `?${useParams()}` };
  const list = useRef<HTMLOListElement>(null);
  useShortcuts({ j: () => step(list.current, 1), k: () => step(list.current, -1) });
  const total = answer?.total == null ? null : answer.total + newTotal;
  return (
    <section className="results" aria-label="Results" aria-busy={isLoading}>
      <div className="results-head">
        <p className="results-summary" role="status">
          {answer === null || answer.fallbackMessage !== null
            ? ' '
            : query.text === ''
              ? 'The newest tweets'
              : plural(total ?? tweets.length, 'tweet')}
        </p>
        <LiveState kind={live.kind} />
        {query.text !== '' && (
          <Segments
            label="Order"
            value={query.sort}
            choices={[
              { value: 'newest', name: 'Newest' },
              { value: 'best', name: 'Best' },
            ]}
            onChange={(value) => setParams({ sort: value === 'newest' ? null : value, page: null })}
          />
        )}
      </div>
      {problem !== null && problem.kind !== 'missing' && <SearchProblem problem={problem} onRetry={search.retry} />}
      {answer?.fallbackMessage != null && problem === null && <Fallback message={answer.fallbackMessage} />}
      {live.count > 0 && (
        <button type="button" className="results-new" onClick={onShowNew}>
          <Icon name="arrowUp" size={14} />
          {`Show ${live.count === 1 ? '1 new tweet' : `${formatExact(live.count)} new tweets`}`}
        </button>
      )}
      {problem?.kind === 'missing' ? (
        <NotRunning />
      ) : tweets.length > 0 ? (
        <ol className={`tweets ${problem !== null ? 'tweets-old' : ''}`} ref={list} aria-label="Tweets">
          {tweets.map((tweet) => (
            <Row
              key={tweet.id}
              tweet={tweet}
              to={`/ui/tweets${withParams(address, { tweet: tweet.id, follow: null })}`}
              isOpen={tweet.id === openId}
            />
          ))}
        </ol>
      ) : isLoading && problem === null ? (
        <Loading rows={8} label="Searching" />
      ) : answer !== null && answer.fallbackMessage === null && problem === null ? (
        <Nothing query={query} isLive={live.kind === 'live'} />
      ) : null}
      {answer !== null && (
        <footer className="results-foot">
          <Paging query={query} total={answer.total} found={answer.tweets.length} />
          {search.ids !== null && !isLoading && (
            <p className="results-origin">
              answered in {Math.max(1, Math.round(search.tookMs))} ms
              {canSeeTraces && (
                <>
                  {' · '}
                  <Link className="link" to={tracePath(search.ids.traceId)}>
                    Trace of this search
                  </Link>
                </>
              )}
            </p>
          )}
        </footer>
      )}
    </section>
  );
}

/** A row is drawn once: new ones come above it. */
const Row = memo(function Row({ tweet, to, isOpen }: { tweet: Tweet; to: string; isOpen: boolean }): ReactNode {
  const row = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (isOpen) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isOpen]);
  return (
    <li>
      <Link className="tweet" to={to} aria-current={isOpen || undefined} ref={row}>
        <span className="tweet-text" lang={tweet.lang ?? undefined} dir="auto">
          <Marked segments={tweet.segments} />
        </span>
        <span className="tweet-meta">
          <span>
            user <span className="mono">{tweet.userId}</span>
          </span>
          <Age atMs={tweet.createdAtMs} suffix=" ago" />
        </span>
      </Link>
    </li>
  );
});

/** The keyboard goes to the next row, from wherever it is. */
function step(list: HTMLElement | null, by: 1 | -1): void {
  const rows = [...(list?.querySelectorAll<HTMLElement>('.tweet') ?? [])];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const current = at === -1 ? rows.findIndex((row) => row.hasAttribute('aria-current')) : at;
  rows[Math.min(rows.length - 1, Math.max(0, current + by))]?.focus();
}

const liveWords: Record<LiveKind, string | null> = {
  off: null,
  connecting: null,
  live: 'Live',
  waiting: 'Reconnecting',
};

function LiveState({ kind }: { kind: LiveKind }): ReactNode {
  const words = liveWords[kind];
  if (words === null) return null;
  return (
    <span className="results-live" title="New tweets are counted as they come, and shown when you ask for them.">
      <StateIcon health={kind === 'live' ? 'good' : 'unknown'} label="" size={10} />
      {words}
    </span>
  );
}

function NotRunning(): ReactNode {
  return (
    <Empty title="The tweets example is not running">
      <p>It writes made-up tweets, indexes them, and counts their words:</p>
      <Command>npm start</Command>
      <p>Real ones come in as JSON lines:</p>
      <Command>HEADWATER_TWEETS_SOURCE=file HEADWATER_TWEETS_FILE=tweets.jsonl npm start</Command>
    </Empty>
  );
}

function Fallback({ message }: { message: string }): ReactNode {
  return (
    <div className="results-problem" role="alert">
      <StateIcon health="warning" label="Warning" size={14} />
      <div>
        <p>
          <strong>The search is away for a moment.</strong> {message}
        </p>
        <p className="muted">It is asked again by itself.</p>
      </div>
    </div>
  );
}

function Nothing({ query, isLive }: { query: TweetQuery; isLive: boolean }): ReactNode {
  if (query.text === '') {
    return (
      <Empty title="No tweet yet">
        <p>Tweets stand here as soon as the first one is written and indexed.</p>
      </Empty>
    );
  }
  if (query.page > 1) {
    return (
      <Empty title={`There is no page ${query.page}`}>
        <p>
          <Link className="link" to={`/ui/tweets${withParams(location.search, { page: null })}`}>
            To the first page
          </Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title={`No tweet says “${query.text}”`}>
      <p>Whole words are looked for, any of those you write. Upper and lower case are the same.</p>
      <p>{isLive ? 'The next tweet that has one of them is told here.' : 'Try one of the words that are said most.'}</p>
    </Empty>
  );
}

function Paging({ query, total, found }: { query: TweetQuery; total: number | null; found: number }): ReactNode {
  // A list that says no total ends where a page is not full.
  const known = total ?? (query.page - 1) * pageSize + found + (found === pageSize ? 1 : 0);
  if (known <= pageSize && query.page === 1) return <span />;
  const reachable = Math.min(known, pagesMax * pageSize);
  const onPage = (page: number): void => {
    setParams({ page: page === 1 ? null : page, tweet: null });
    scrollTo(0, 0);
  };
  if (total !== null)
    return <Pager page={query.page} pageSize={pageSize} total={reachable} what="tweet" onPage={onPage} />;
  return (
    <div className="pager">
      <span>Page {formatExact(query.page)}</span>
      <PageButton icon="left" name="Previous page" isOff={query.page <= 1} onClick={() => onPage(query.page - 1)} />
      <PageButton icon="right" name="Next page" isOff={found < pageSize} onClick={() => onPage(query.page + 1)} />
    </div>
  );
}

function PageButton({
  icon,
  name,
  isOff,
  onClick,
}: {
  icon: 'left' | 'right';
  name: string;
  isOff: boolean;
  onClick: () => void;
}): ReactNode {
  return (
    <button type="button" className="icon-button" aria-label={name} title={name} disabled={isOff} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
