import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page } from '../../app/page.tsx';
import { useShortcuts } from '../../app/shortcuts.ts';
import { useUser } from '../../app/user.ts';
import { SearchBox, Segments } from '../../components/controls.tsx';
import { readFollow } from '../../url/follow.ts';
import { choiceParam } from '../../url/search-params.ts';
import { Results } from './results.tsx';
import { SaidMost } from './said-most.tsx';
import { Trends } from './trends.tsx';
import type { Tweet } from './tweet.ts';
import { TweetPanel } from './tweet-panel.tsx';
import { readTweetQuery, type TweetQuery } from './tweet-query.ts';
import { useLiveResults, useSearch } from './use-search.ts';
import { isOperator, UserFrame } from './user-frame.tsx';
import { WordCounts } from './word-counts.tsx';
import '../../panes/pane.css';
import './tweets-page.css';

/**
 * The web client of the tweets example: what users see, not operators. It knows the gateway only: the query service, the streams service and two tables
 * of SQL, as the user who is logged in.
 */
export default function TweetsPage(): ReactNode {
  return (
    <UserFrame title="Tweets">
      <Client />
    </UserFrame>
  );
}

/** Tweets that are kept on the page; those before them are on the next one. */
const shownMax = 100;
/** After new tweets were shown, counts are asked for again, not more often than that. */
const refreshMs = 5000;

function Client(): ReactNode {
  const params = useParams();
  const user = useUser();
  const query = readTweetQuery(params);
  const [turn, setTurn] = useState(0);
  const search = useSearch(query, turn);
  const { answer, answered } = search;
  const [taken, setTaken] = useState<{ of: TweetQuery | null; tweets: readonly Tweet[] }>({ of: null, tweets: [] });
  const isCurrent = answered !== null && isSame(answered, query);
  const tweets = useMemo(() => {
    const found = answer?.tweets ?? [];
    if (taken.of === null || answered === null || !isSame(taken.of, answered)) return found;
    const known = new Set(found.map(({ id }) => id));
    return [...taken.tweets.filter(({ id }) => !known.has(id)), ...found].slice(0, shownMax);
  }, [answer, answered, taken]);
  const canFollow = isCurrent && query.page === 1 && query.sort === 'newest' && answer?.fallbackMessage === null;
  const live = useLiveResults(canFollow ? query : null, tweets);

  const refresh = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(refresh.current), [query.text, query.sort, query.page]);
  const askAgainIn = (delayMs: number): void => {
    clearTimeout(refresh.current);
    refresh.current = setTimeout(() => setTurn((value) => value + 1), delayMs);
  };
  const showNew = (): void => {
    const fresh = live.take();
    if (fresh.length === 0) return;
    setTaken((before) => ({
      of: query,
      tweets: [...fresh, ...(before.of !== null && isSame(before.of, query) ? before.tweets : [])].slice(0, shownMax),
    }));
    askAgainIn(refreshMs);
  };
  // The gateway's fallback is no answer, and one without its count is half of one: the service is asked again.
  const isPartial =
    isCurrent &&
    answer !== null &&
    (answer.fallbackMessage !== null || (query.text !== '' && answer.wordCount === null));
  useEffect(() => {
    if (isPartial) askAgainIn(refreshMs);
  }, [isPartial, answer]);
  useShortcuts({ n: showNew });

  const view = choiceParam(params.get('view'), ['tweets', 'words']);
  const openId = params.get('tweet');
  const isFollowing = readFollow(params.get('follow')) !== null;
  return (
    <Page
      title={query.text === '' ? 'Tweets' : `${query.text} · Tweets`}
      panel={
        openId !== null && (
          <TweetPanel key={openId} id={openId} known={tweets.find(({ id }) => id === openId)} query={query.text} />
        )
      }
    >
      <div className="client">
        <div className="client-inner" data-view={view}>
          <QueryBox text={query.text} />
          <div className="client-views">
            <Segments
              label="What to show"
              value={view}
              choices={[
                { value: 'tweets', name: 'Tweets' },
                { value: 'words', name: 'Words' },
              ]}
              onChange={(value) => setParams({ view: value === 'tweets' ? null : value }, { replace: true })}
            />
          </div>
          <Results
            query={query}
            search={search}
            tweets={tweets}
            newTotal={taken.of !== null && isSame(taken.of, query) ? tweets.length - (answer?.tweets.length ?? 0) : 0}
            live={live}
            onShowNew={showNew}
            openId={isFollowing ? null : openId}
            canSeeTraces={isOperator(user)}
          />
          <aside className="client-side" aria-label="Words">
            {query.text !== '' && (
              <WordCounts text={query.text} answer={isCurrent ? answer : null} isReasonShown={isOperator(user)} />
            )}
            <Trends />
            <SaidMost />
          </aside>
        </div>
      </div>
    </Page>
  );
}

const isSame = (a: TweetQuery, b: TweetQuery): boolean => a.text === b.text && a.sort === b.sort && a.page === b.page;

/** What is typed is searched for once it has rested; Enter adds a step for Back. */
function QueryBox({ text }: { text: string }): ReactNode {
  const [draft, setDraft] = useState(text);
  const written = useRef(text);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // The address changed by itself: Back, or a word that was clicked.
    if (text === written.current) return;
    written.current = text;
    clearTimeout(timer.current);
    setDraft(text);
  }, [text]);
  const search = (value: string, replace: boolean): void => {
    clearTimeout(timer.current);
    written.current = value.trim();
    setParams({ q: value.trim(), page: null, tweet: null }, { replace });
  };
  return (
    <search className="client-search">
      <SearchBox
        isLarge
        isPageFilter
        label="Search tweets"
        maxLength={1000}
        value={draft}
        onChange={(value) => {
          setDraft(value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => search(value, true), value.trim() === '' ? 0 : 300);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) search(draft, false);
        }}
      />
    </search>
  );
}
