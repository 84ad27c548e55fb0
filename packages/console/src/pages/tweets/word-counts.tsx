import type { ReactNode } from 'react';
import { Count } from '../../components/numbers.tsx';
import { Card } from './card.tsx';
import type { SearchAnswer } from './tweet.ts';
import { WordBars } from './word-bars.tsx';

/** Where the count comes from, in words. */
const sources: Readonly<Record<string, string>> = {
  streams: 'counted by the streams service',
  analytics: 'from the analytics store',
};

/** How often the words of the search were tweeted: all together, and each. */
export function WordCounts({
  text,
  answer,
  isReasonShown,
}: {
  text: string;
  answer: SearchAnswer | null;
  /** Why there is no count, in the words of the services: for those who look after them. */
  isReasonShown: boolean;
}): ReactNode {
  return (
    <Card
      title="Word count"
      note={answer?.wordCount != null && answer.source !== null ? (sources[answer.source] ?? answer.source) : null}
    >
      {answer === null ? (
        <p className="muted">Counting</p>
      ) : answer.wordCount === null ? (
        <p className="muted">
          {answer.fallbackMessage !== null
            ? 'Not known while the search is away.'
            : `Nobody could say just now; it is asked for again.${isReasonShown && answer.wordCountProblem !== null ? ` (${answer.wordCountProblem})` : ''}`}
        </p>
      ) : (
        <>
          <p className="word-total">
            <Count value={answer.wordCount} unit="times" />{' '}
            <span className="muted">{answer.wordCount === 1 ? 'time' : 'times'} in all tweets so far</span>
          </p>
          {answer.words.length > 1 && <WordBars words={answer.words} label={`Counts of the words of “${text}”`} />}
        </>
      )}
    </Card>
  );
}
