import { type ReactNode, useEffect, useState } from 'react';
import { setParams } from '../../app/navigation.tsx';
import { useUser } from '../../app/user.ts';
import { Button } from '../../components/controls.tsx';
import { Marked } from '../../components/marked.tsx';
import { Loading } from '../../components/notice.tsx';
import { Age, Time } from '../../components/numbers.tsx';
import { Fact, Facts, Panel } from '../../components/panel.tsx';
import { copyText } from '../../components/toasts.tsx';
import { FollowButton } from '../follow/follow-button.tsx';
import { ask, askUntilAnswered } from './ask-gateway.ts';
import type { Problem } from './problem.ts';
import { ReadersSection } from './readers-section.tsx';
import { SearchProblem } from './search-problem.tsx';
import { readTweet, type Tweet } from './tweet.ts';
import { isOperator, mayGrant } from './user-frame.tsx';

const index = 'twitter-index';

/** One tweet as the query service tells of it: what one may not read is not shown, even where a list had it. */
export function TweetPanel({ id, known, query }: { id: string; known: Tweet | undefined; query: string }): ReactNode {
  const user = useUser();
  const { tweet, problem, retry } = useTweet(id, query);
  const shown = tweet ?? (problem === null ? known : undefined);
  return (
    <Panel
      label={`Tweet ${id}`}
      title="Tweet"
      subtitle={<span className="mono">{id}</span>}
      onClose={() => setParams({ tweet: null })}
    >
      {problem !== null && <SearchProblem problem={problem} onRetry={retry} />}
      {shown ? (
        <>
          <p className="tweet-full" lang={shown.lang ?? undefined} dir="auto">
            <Marked segments={known?.segments ?? shown.segments} />
          </p>
          <Facts>
            <Fact name="User">
              <span className="mono">{shown.userId}</span>
            </Fact>
            <Fact name="Written">
              <Time atMs={shown.createdAtMs} />{' '}
              <span className="muted">
                (<Age atMs={shown.createdAtMs} suffix=" ago" />)
              </span>
            </Fact>
            {shown.lang !== null && <Fact name="Language">{shown.lang}</Fact>}
          </Facts>
          <p className="tweet-tools">
            <Button icon="copy" onClick={() => void copyText(shown.text, 'Text')}>
              Copy text
            </Button>
            <Button icon="copy" onClick={() => void copyText(`${location.origin}/ui/tweets?tweet=${id}`, 'Link')}>
              Copy link
            </Button>
            {isOperator(user) && <FollowButton subject={{ kind: 'document', index, id }} />}
          </p>
          {mayGrant(user) && <ReadersSection id={id} />}
        </>
      ) : (
        problem === null && <Loading rows={4} label="Reading the tweet" />
      )}
    </Panel>
  );
}

interface ReadTweet {
  tweet: Tweet | null;
  problem: (Problem & { retryAtMs: number | null }) | null;
}

function useTweet(id: string, query: string): ReadTweet & { retry: () => void } {
  const [state, setState] = useState<ReadTweet>({ tweet: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    askUntilAnswered(
      async () => (await ask({ method: 'GET', path: `/query/documents/${encodeURIComponent(id)}` }, { signal })).text(),
      {
        signal,
        onProblem: (problem) =>
          setState((before) => ({
            ...before,
            problem: {
              ...problem,
              retryAtMs: problem.retryAfterMs === null ? null : Date.now() + problem.retryAfterMs,
            },
          })),
      },
    ).then(
      (text) => setState({ tweet: readTweet(text, query), problem: null }),
      // It was told already.
      () => {},
    );
    return () => controller.abort();
  }, [id, turn]);
  return { ...state, retry: () => setTurn((value) => value + 1) };
}
