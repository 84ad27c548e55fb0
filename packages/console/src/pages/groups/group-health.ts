import type { Health } from '../../flow/health.ts';

/** The state of a group as the coordinator names it, with its lag, as one of the four. */
export function groupHealth(state: string, lagRecords: number): Health {
  if (/^(stable|assigning|reconciling)$/i.test(state)) return 'good';
  if (/rebalanc/i.test(state)) return 'warning';
  return lagRecords > 0 ? 'bad' : 'unknown';
}

/** What to call it: an empty group with lag has stopped while records wait. */
export function groupStateText(state: string, lagRecords: number): string {
  return groupHealth(state, lagRecords) === 'bad' ? `${state}, behind` : state;
}
