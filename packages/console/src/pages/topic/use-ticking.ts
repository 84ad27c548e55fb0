import { useEffect, useEffectEvent } from 'react';
import { live, paused } from '../../app/live.ts';

/** Asks again every `intervalMs` while the page is seen, live and not paused: for details that no stream carries. */
export function useTicking(reload: () => void, intervalMs: number): void {
  const tick = useEffectEvent(() => {
    if (!document.hidden && !paused.get() && live.state.kind === 'open') reload();
  });
  useEffect(() => {
    const timer = setInterval(() => tick(), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
}
