import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { paused, useSubscription } from '../../app/live.ts';
import { Loading } from '../../components/notice.tsx';
import { Count } from '../../components/numbers.tsx';
import { FrameBatch } from '../../live/frame-batch.ts';
import { Card } from './card.tsx';
import { WordBars } from './word-bars.tsx';

interface TopWordsEvent {
  words: { word: string; count: number }[];
  totalWords: number;
  distinctWords: number;
}

/** Shorter ones are `the` and `a`: the same in every text. */
const minLength = 4;

/** The running count of the streams service, as it changes. */
export function SaidMost({ limit = 12 }: { limit?: number }): ReactNode {
  const [words, setWords] = useState<TopWordsEvent | null>(null);
  const newest = useMemo<{ event: TopWordsEvent | null }>(() => ({ event: null }), []);
  const batch = useMemo(() => new FrameBatch(() => !paused.get() && setWords(newest.event), 500), [newest]);
  useEffect(() => () => batch.close(), [batch]);
  const state = useSubscription(`/streams/top-words?limit=${limit}&minLength=${minLength}`, {
    onEvent: (name, data) => {
      if (name !== 'top-words') return;
      newest.event = JSON.parse(data) as TopWordsEvent;
      batch.mark();
    },
  });
  return (
    <Card
      title="Said most"
      note={
        words && (
          <>
            of <Count value={words.totalWords} unit="words" /> words
          </>
        )
      }
    >
      {words && words.words.length > 0 ? (
        <WordBars words={words.words} label="Words by count" />
      ) : state.kind === 'connecting' ? (
        <Loading rows={4} label="Connecting to the word count" />
      ) : (
        <p className="muted">
          {state.kind === 'error'
            ? `Nobody counts words at the moment: ${state.message}`
            : 'No word was counted yet: the list fills with the first tweet.'}
        </p>
      )}
    </Card>
  );
}
