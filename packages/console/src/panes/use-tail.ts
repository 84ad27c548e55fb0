import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { paused, useSubscription } from '../app/live.ts';
import { useStore } from '../app/store.ts';
import { formatDuration } from '../format/time.ts';
import { FrameBatch } from '../live/frame-batch.ts';
import type { SubState } from '../live/live-client.ts';
import { Tail, type TailEntry, type TailStatus } from '../live/tail.ts';

export interface TailView {
  /** Newest first. Stands still while held. */
  entries: readonly TailEntry[];
  /** Arrived since the view was held. */
  newCount: number;
  perSecond: number;
  status: TailStatus | null;
  state: SubState;
  isHeld: boolean;
  /** Holds (scrolled away, a button) or lets go; everything is also held while the whole console is paused. */
  setHeld: (isHeld: boolean) => void;
  clear: () => void;
}

interface TailOptions {
  /** Records kept; the view shows as many of the newest as `shown` says. */
  capacity: number;
  shown: number;
}

/** Some 20 pictures a second are plenty for reading and leave the machine to others. The first record is not delayed. */
const intervalMs = 50;
/** Above this rate nobody reads rows as they pass: fewer pictures leave time for whoever types. */
const busyPerSecond = 200;
const busyIntervalMs = 150;

/** A live stream of records as a list of the newest. `null` is no stream. */
export function useTail(path: string | null, { capacity, shown }: TailOptions): TailView {
  const tail = useMemo(() => new Tail(capacity), [path, capacity]);
  const [isHeldHere, setHeld] = useState(false);
  const isHeld = useStore(paused) || isHeldHere;
  const held = useRef(isHeld);
  const [view, setView] = useState<Pick<TailView, 'entries' | 'newCount' | 'perSecond' | 'status'>>(nothing);

  const publish = useCallback(
    (batch: FrameBatch) => {
      const perSecond = tail.perSecond(Date.now());
      const { status } = tail;
      batch.intervalMs = perSecond > busyPerSecond ? busyIntervalMs : intervalMs;
      setView((before) => {
        if (!held.current) return { entries: newest(tail, shown), newCount: 0, perSecond, status };
        const last = before.entries[0]?.sequence ?? -1;
        return { ...before, newCount: tail.ring.total - 1 - last, perSecond, status };
      });
    },
    [tail, shown],
  );

  const batch = useMemo(() => {
    const created: FrameBatch = new FrameBatch(() => publish(created), intervalMs);
    return created;
  }, [publish]);
  useEffect(() => () => batch.close(), [batch]);
  useEffect(() => {
    held.current = isHeld;
    publish(batch);
  }, [isHeld, publish, batch]);
  useEffect(() => {
    // The rate falls when nothing arrives.
    const timer = setInterval(() => batch.mark(), 1000);
    return () => clearInterval(timer);
  }, [batch]);

  const state = useSubscription(path, {
    onEvent: (name, data, subscription) => {
      if (name === 'record') {
        tail.add(data, Date.now());
      } else if (name === 'status') {
        const cursor = tail.addStatus(data);
        if (cursor !== null) subscription.setLastId(cursor);
      } else if (name === '$dropped') {
        tail.addDropped(data);
      } else if (name === 'failure') {
        tail.addGap(`The stream ended and starts again: ${(JSON.parse(data) as { message?: string }).message ?? data}`);
      }
      batch.mark();
    },
    onGap: (gapMs) => {
      tail.addGap(`Not watched for ${formatDuration(gapMs)}. Records of that time are in the topic, not in this list.`);
      batch.mark();
    },
  });
  const clear = useCallback(() => {
    tail.clear();
    setView(nothing);
  }, [tail]);
  return { ...view, state, isHeld, setHeld, clear };
}

const nothing = { entries: [], newCount: 0, perSecond: 0, status: null };

function newest(tail: Tail, shown: number): TailEntry[] {
  return Array.from({ length: Math.min(shown, tail.ring.length) }, (_, index) => tail.ring.newest(index)!);
}
