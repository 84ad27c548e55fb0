import { useEffect, useEffectEvent, useState } from 'react';
import { openFetchStream } from '../live/browser-stream.ts';
import { LiveClient, type LiveState, type SubState, type Subscription } from '../live/live-client.ts';
import { Store, useStore } from './store.ts';

/** The one stream of this page. */
export const live = new LiveClient({ url: '/api/live', open: openFetchStream });

const liveState = new Store<LiveState>(live.state);
live.onState((state) => liveState.set(state));

/** Everything that moves stands still while this is true; nothing is lost meanwhile. */
export const paused = new Store(false);

const hiddenGraceMs = 5000;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;
document.addEventListener('visibilitychange', () => {
  clearTimeout(hiddenTimer);
  // A glance at another tab is not worth a reconnect.
  if (document.hidden) hiddenTimer = setTimeout(() => live.setSuspended(true), hiddenGraceMs);
  else live.setSuspended(false);
});

export function useLiveState(): LiveState {
  return useStore(liveState);
}

export interface SubscriptionHandlers {
  onEvent(name: string, data: string, subscription: Subscription): void;
  onGap?(gapMs: number): void;
}

/** Subscribes to a stream while the component is there; `null` is no stream. Answers how that stream is. */
export function useSubscription(path: string | null, handlers: SubscriptionHandlers): SubState {
  const [state, setState] = useState<SubState>({ kind: 'connecting' });
  const onEvent = useEffectEvent(handlers.onEvent);
  const onGap = useEffectEvent((gapMs: number) => handlers.onGap?.(gapMs));
  useEffect(() => {
    if (path === null) return;
    setState({ kind: 'connecting' });
    const subscription: Subscription = live.subscribe(path, {
      onEvent: (name, data) => onEvent(name, data, subscription),
      onGap,
      onState: setState,
    });
    return () => subscription.close();
  }, [path]);
  return state;
}
