import { ApiError, readError } from '../../api/api-error.ts';
import { type Problem, problemOf } from './problem.ts';
import { pause, RequestBudget } from './request-budget.ts';

/** One allowance for all that this page asks of the example's services. */
export const budget = new RequestBudget();

export const mediaTypeV1 = 'application/vnd.api.v1+json';

/** By what a request is found again: in its trace, and in the lines of every service that it passed. */
export interface RequestIds {
  traceId: string;
  correlationId: string;
}

export function newIds(): RequestIds {
  return { traceId: hex(16), correlationId: hex(16) };
}

/** What one is told when a request fails, with when it may be made again. */
export class AskError extends Error {
  readonly error: ApiError;
  readonly retryAfter: string | null;

  constructor(error: ApiError, retryAfter: string | null) {
    super(error.message);
    this.error = error;
    this.retryAfter = retryAfter;
  }
}

/**
 * One request through the gateway, within the allowance of the page. The browser's session goes along; the gateway puts the user's token in its place.
 *
 * @throws AskError
 */
export async function ask(
  { body, method, path }: { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string; body?: string },
  { accept = mediaTypeV1, ids = newIds(), signal }: { accept?: string; ids?: RequestIds; signal: AbortSignal },
): Promise<Response> {
  await budget.take(signal);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal,
      cache: 'no-store',
      headers: {
        accept,
        traceparent: `00-${ids.traceId}-${hex(8)}-01`,
        'x-correlation-id': ids.correlationId,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new AskError(new ApiError(0, 'HW_CONSOLE_UNREACHABLE', 'Headwater does not answer.'), null);
  }
  if (response.ok) return response;
  const text = await response.text();
  // The gateway's word for a service that is away is an answer: with a message and no tweets.
  if (response.status === 503 && text.includes('"fallbackMessage"')) return new Response(text, { status: 200 });
  throw new AskError(readError(response.status, text), response.headers.get('retry-after'));
}

/**
 * Asks until there is an answer, as long as what stands in the way is said to pass.
 *
 * @param onProblem is told each time, with when it is tried again
 * @throws Problem that does not pass by itself
 */
export async function askUntilAnswered<T>(
  once: () => Promise<T>,
  {
    onProblem,
    signal,
    wait = pause,
  }: {
    onProblem: (problem: Problem) => void;
    signal: AbortSignal;
    wait?: (delayMs: number, signal: AbortSignal) => Promise<void>;
  },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once();
    } catch (error) {
      if (signal.aborted) throw error;
      const [known, retryAfter] =
        error instanceof AskError
          ? [error.error, error.retryAfter]
          : [new ApiError(-1, 'HW_CONSOLE_BUG', String(error)), null];
      const problem = problemOf(known, retryAfter, attempt);
      onProblem(problem);
      if (problem.retryAfterMs === null) throw error;
      await wait(problem.retryAfterMs, signal);
    }
  }
}

function hex(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
