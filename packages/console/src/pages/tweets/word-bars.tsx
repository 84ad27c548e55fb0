import type { ReactNode } from 'react';
import { Link } from '../../app/navigation.tsx';
import { Count } from '../../components/numbers.tsx';
import { searchPath } from './search-path.ts';

/** Words with their counts, each a link to its tweets. */
export function WordBars({
  words,
  label,
}: {
  words: readonly { word: string; count: number }[];
  label: string;
}): ReactNode {
  const highest = Math.max(1, ...words.map(({ count }) => count));
  return (
    <ol className="words" aria-label={label}>
      {words.map(({ word, count }) => (
        <li key={word} className="word">
          <Link className="word-link truncate" to={searchPath(word)}>
            {word}
          </Link>
          <span className="word-bar" style={{ transform: `scaleX(${count / highest})` }} />
          <span className="word-count">
            <Count value={count} unit="times" />
          </span>
        </li>
      ))}
    </ol>
  );
}
