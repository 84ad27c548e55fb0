import type { Clock } from './clock.ts';

/** A clock that can be told what time it is. */
export interface MovableClock extends Clock {
  readonly isFrozen: boolean;
  /** It is not the machine's time. */
  readonly isMoved: boolean;
  /** Time stands still from now on; nothing falls due. */
  freeze(): void;
  /** Moves the time on and fires what falls due on the way, each at its own moment. */
  advance(byMs: number): void;
  /** The wall clock goes back, as when a machine's clock is set right; deadlines are not touched by it. */
  setBack(byMs: number): void;
  /** Runs on from where it stands. */
  resume(): void;
}

export function isMovable(clock: Clock): clock is MovableClock {
  const { advance, freeze, resume, setBack } = clock as Partial<MovableClock>;
  return [advance, freeze, resume, setBack].every((method) => typeof method === 'function');
}
