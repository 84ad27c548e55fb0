/** Four states, each with its own shape and colour. `unknown` is for what is quiet or was never heard of: not a fault. */
export type Health = 'good' | 'warning' | 'bad' | 'unknown';

const severity: Record<Health, number> = { unknown: 0, good: 1, warning: 2, bad: 3 };

export function worse(a: Health, b: Health): Health {
  return severity[b] > severity[a] ? b : a;
}

export interface Judgement {
  health: Health;
  /** In words, short enough for a node: `3 members`, `stopped, 1,204 behind`. */
  note: string;
}

/** Lag is worth a warning when it is more than so many seconds of the topic's input … */
const toleratedLagSeconds = 5;
/** … and at least so many records. */
const toleratedLagRecords = 100;

export interface GroupFacts {
  state: string;
  members: number;
  lagRecords: number;
  /** Lag some ten seconds ago; null when it is not known yet. */
  earlierLagRecords: number | null;
  inputPerSecond: number;
  consumedPerSecond: number;
}

/** How well a consumer group is: what the first page answers in five seconds. */
export function judgeGroup(facts: GroupFacts): Judgement {
  const { state, members, lagRecords } = facts;
  const isEmpty = members === 0 || state === 'Empty' || state === 'Dead';
  if (isEmpty) return lagRecords > 0 ? { health: 'bad', note: 'stopped' } : { health: 'unknown', note: 'no members' };
  if (/rebalanc/i.test(state)) return { health: 'warning', note: 'rebalancing' };
  const tolerated = Math.max(toleratedLagRecords, facts.inputPerSecond * toleratedLagSeconds);
  if (lagRecords > tolerated && facts.earlierLagRecords !== null) {
    if (facts.consumedPerSecond === 0 && lagRecords >= facts.earlierLagRecords) return { health: 'bad', note: 'stuck' };
    if (lagRecords > facts.earlierLagRecords) return { health: 'warning', note: 'falling behind' };
    return { health: 'warning', note: 'catching up' };
  }
  return { health: 'good', note: members === 1 ? '1 member' : `${members} members` };
}
