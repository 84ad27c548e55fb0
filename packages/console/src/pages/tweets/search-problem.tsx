import { type ReactNode, useEffect, useState } from 'react';
import { askWhoIAm, logIn, useUser } from '../../app/user.ts';
import { Button } from '../../components/controls.tsx';
import { StateIcon } from '../../components/state.tsx';
import type { Problem } from './problem.ts';

/** What stands between a user and the answer, what follows, and the way on. What was found before stays in sight. */
export function SearchProblem({
  problem,
  onRetry,
}: {
  problem: Problem & { retryAtMs: number | null };
  onRetry: () => void;
}): ReactNode {
  const user = useUser();
  const { kind } = problem;
  useEffect(() => {
    if (kind === 'session') askWhoIAm();
  }, [kind]);
  const { title, words } = wordsOf(problem);
  const canRetry = kind === 'away' || kind === 'busy' || kind === 'other';
  return (
    <div className="results-problem" role="alert">
      <StateIcon
        health={kind === 'busy' || kind === 'away' ? 'warning' : 'bad'}
        label={kind === 'busy' || kind === 'away' ? 'Warning' : 'Error'}
        size={14}
      />
      <div>
        <p>
          <strong>{title}</strong> {words} {problem.retryAtMs !== null && <Countdown atMs={problem.retryAtMs} />}
        </p>
        {kind === 'session' && user?.canLogIn && (
          <Button look="primary" onClick={logIn}>
            Log in again
          </Button>
        )}
        {canRetry && <Button onClick={onRetry}>Try now</Button>}
      </div>
    </div>
  );
}

function wordsOf({ code, kind, message, status }: Problem): { title: string; words: string } {
  switch (kind) {
    case 'session':
      return { title: 'Your session has ended.', words: 'What you searched for is kept in the address of this page.' };
    case 'forbidden':
      return {
        title: 'You may not read this.',
        words: `${sentence(message)} Who has the role admin can grant it, for one tweet or for all.`,
      };
    case 'busy':
      return { title: 'That was too fast.', words: 'Everybody may ask five times a second.' };
    case 'away':
      return status === 0
        ? { title: 'There is no connection.', words: 'Headwater does not answer.' }
        : { title: 'The search is away for a moment.', words: sentence(message) };
    case 'missing':
      return { title: 'There is no such tweet.', words: sentence(message) };
    case 'question':
      return { title: 'This cannot be searched for.', words: sentence(message) };
    default:
      return { title: 'The search failed.', words: `${sentence(message)} (${code})` };
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

function Countdown({ atMs }: { atMs: number }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.ceil((atMs - now) / 1000);
  // Read once: a count that changes each second is not read out.
  return <span aria-hidden="true">{seconds > 0 ? `Asked again in ${seconds} s.` : 'Asking again.'}</span>;
}
