import type { ReactNode } from 'react';
import { Button } from '../components/controls.tsx';
import { useNow } from '../components/numbers.tsx';
import { StateIcon } from '../components/state.tsx';
import { formatAge } from '../format/time.ts';
import { live, useLiveState } from './live.ts';
import { toleratedAttempts, usePlatform } from './platform.ts';

/** The connection is lost, or the part behind it that measures. */
export function Banner(): ReactNode {
  const state = useLiveState();
  const now = useNow();
  const { problem, atMs, receivedAtMs } = usePlatform();
  if (state.kind === 'open' && problem !== null) {
    return (
      <div className="banner" role="alert">
        <StateIcon health="warning" label="Warning" size={14} />
        <p>
          <strong>No new figures.</strong> {problem}{' '}
          {atMs !== null && `What you see is ${ageText(now - receivedAtMs)} old.`}
        </p>
      </div>
    );
  }
  if (state.kind !== 'waiting' || state.attempt <= toleratedAttempts) return null;
  const age =
    state.lastDataAtMs === null
      ? 'Nothing was received yet.'
      : `What you see is ${ageText(now - state.lastDataAtMs)} old.`;
  const seconds = Math.max(0, Math.ceil((state.retryAtMs - now) / 1000));
  return (
    <div className="banner" role="alert">
      <StateIcon health="bad" label="Disconnected" size={14} />
      <p>
        <strong>Disconnected.</strong> {state.message} {age}
      </p>
      <Button onClick={() => live.retryNow()}>Try now</Button>
      <span className="banner-wait" aria-hidden="true">
        {seconds === 0 ? 'Trying …' : `Next try in ${seconds} s`}
      </span>
    </div>
  );
}

const ageText = (ageMs: number): string => (ageMs < 1000 ? 'less than a second' : formatAge(ageMs));
