import type { ApiError } from '../../api/api-error.ts';

/** Why there is no answer, as a person should be told. */
export type ProblemKind =
  /** Nobody is logged in (any more). */
  | 'session'
  /** Somebody is, who may not. */
  | 'forbidden'
  /** Too many requests: the gateway says when to ask again. */
  | 'busy'
  /** The service or the gateway is away: that passes. */
  | 'away'
  /** What is asked for, or the whole service, is not there. */
  | 'missing'
  /** The question is wrong. */
  | 'question'
  | 'other';

export interface Problem {
  kind: ProblemKind;
  message: string;
  code: string;
  status: number;
  /** When it is asked again by itself; null: never. */
  retryAfterMs: number | null;
}

const awayMs = [1000, 2000, 4000, 8000, 10_000] as const;
const waitMaxMs = 60_000;

/** @param attempt 1 for the first that failed */
export function problemOf(error: ApiError, retryAfter: string | null, attempt: number, now = Date.now()): Problem {
  const { code, message, status } = error;
  const kind = kindOf(status);
  const asked = retryAfter === null ? null : retryMs(retryAfter, now);
  const own = awayMs[Math.min(attempt, awayMs.length) - 1]!;
  const isPassing = kind === 'busy' || kind === 'away';
  return {
    ...{ kind, message, code, status },
    // A refused request was too soon: waiting grows there too, in case another page uses all there is.
    retryAfterMs: isPassing ? Math.min(waitMaxMs, Math.max(asked ?? 0, attempt > 1 || asked === null ? own : 0)) : null,
  };
}

function kindOf(status: number): ProblemKind {
  if (status === 401) return 'session';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'missing';
  if (status === 429) return 'busy';
  if (status === 0 || (status >= 502 && status <= 504)) return 'away';
  return status === 400 || status === 422 ? 'question' : 'other';
}

/** `Retry-After` in either form: seconds, or a date. */
function retryMs(text: string, now: number): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
