import type { Call } from './call.ts';

/** In this order, whatever the order of a route's filters is; within a phase in the order of the list, those of the whole gateway first. */
export const phases = ['cors', 'session', 'authenticate', 'authorise', 'limit', 'prepare'] as const;
export type Phase = (typeof phases)[number];

/** Given instead of going on: a redirect to the login, an answer from a cache. */
export interface StageAnswer {
  status: number;
  /** `[name, value, …]`; the length is added. */
  headers: string[];
  body?: string | Buffer;
}

/**
 * Something that is done with a call between finding its route and asking the upstream. It may throw an HttpError (the answer), return an answer,
 * or leave things in the call for later. Only what is asynchronous returns a promise: a route whose stages return none costs no turn.
 */
export interface Stage {
  readonly phase: Phase;
  begin(call: Call): StageAnswer | undefined | Promise<StageAnswer | undefined>;
}

export function inOrder(stages: readonly Stage[]): readonly Stage[] {
  return [...stages].sort((a, b) => phases.indexOf(a.phase) - phases.indexOf(b.phase));
}

/** Runs stages one after the other; a promise only when one of them returned one. */
export function runStages(
  stages: readonly Stage[],
  call: Call,
): StageAnswer | undefined | Promise<StageAnswer | undefined> {
  for (let i = 0; i < stages.length; i++) {
    const answer = stages[i]!.begin(call);
    if (answer === undefined) continue;
    return answer instanceof Promise ? rest(stages, i + 1, call, answer) : answer;
  }
  return undefined;
}

async function rest(
  stages: readonly Stage[],
  from: number,
  call: Call,
  first: Promise<StageAnswer | undefined>,
): Promise<StageAnswer | undefined> {
  const answer = await first;
  if (answer !== undefined) return answer;
  for (let i = from; i < stages.length; i++) {
    const next = await stages[i]!.begin(call);
    if (next !== undefined) return next;
  }
  return undefined;
}
