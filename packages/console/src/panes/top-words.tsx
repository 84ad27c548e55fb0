import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { paused, useSubscription } from '../app/live.ts';
import { useStore } from '../app/store.ts';
import { Command, Empty, Loading } from '../components/notice.tsx';
import { Count } from '../components/numbers.tsx';
import { FrameBatch } from '../live/frame-batch.ts';
import { Pane } from './pane.tsx';

interface TopWordsEvent {
  words: { word: string; count: number }[];
  totalWords: number;
  distinctWords: number;
}

/** Shorter ones are `the` and `a`: the same in every text. */
const minLength = 4;

/** The running count of the streams service, as it changes. */
export function TopWords({ limit = 20 }: { limit?: number }): ReactNode {
  const [words, setWords] = useState<TopWordsEvent | null>(null);
  const newest = useMemo<{ event: TopWordsEvent | null }>(() => ({ event: null }), []);
  const isPaused = useStore(paused);
  const batch = useMemo(() => new FrameBatch(() => !paused.get() && setWords(newest.event)), [newest]);
  useEffect(() => () => batch.close(), [batch]);
  useEffect(() => {
    if (!isPaused) batch.mark();
  }, [isPaused, batch]);
  const state = useSubscription(`/streams/top-words?limit=${limit}&minLength=${minLength}`, {
    onEvent: (name, data) => {
      if (name !== 'top-words') return;
      newest.event = JSON.parse(data) as TopWordsEvent;
      batch.mark();
    },
  });
  const highest = words?.words[0]?.count ?? 1;
  const tools = words && (
    <span className="pane-figure">
      <Count value={words.distinctWords} unit="different words" /> of <Count value={words.totalWords} unit="words" />
    </span>
  );
  return (
    <Pane title="Top words" tools={tools}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="pane-body" tabIndex={0} aria-label="Words by count">
        {words && words.words.length > 0 ? (
          <ol className="words">
            {words.words.map(({ word, count }) => (
              <li key={word} className="word">
                <span className="truncate">{word}</span>
                <span className="word-bar" style={{ transform: `scaleX(${count / highest})` }} />
                <span className="word-count">
                  <Count value={count} unit="times" />
                </span>
              </li>
            ))}
          </ol>
        ) : state.kind === 'connecting' ? (
          <Loading rows={8} label="Connecting to the word count" />
        ) : (
          <NoWords reason={state.kind === 'error' ? state.message : null} />
        )}
      </section>
    </Pane>
  );
}

function NoWords({ reason }: { reason: string | null }): ReactNode {
  if (reason === null) {
    return (
      <Empty title="No word was counted yet">
        <p>The list fills with the first tweet.</p>
      </Empty>
    );
  }
  return (
    <Empty title="Nobody counts words here">
      <p>
        The streams service of the tweets example fills this list from <code>twitter-topic</code>. Run it with:
      </p>
      <Command>npm start</Command>
      <p className="muted">{reason}</p>
    </Empty>
  );
}
