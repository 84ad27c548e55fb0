/** A refusal in words that a person can act on, whichever part it came from. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Of a mistake in a statement: where in it, counted from 1. */
  readonly position: { readonly line: number; readonly column: number } | undefined;

  constructor(status: number, code: string, message: string, position?: { line: number; column: number }) {
    super(message);
    this.status = status;
    this.code = code;
    this.position = position;
  }
}

interface EsCause {
  type?: unknown;
  reason?: unknown;
  caused_by?: EsCause;
}

/** Headwater's shape, ksqlDB's, Spring's, Elasticsearch's, or whatever came. */
export function readError(status: number, text: string): ApiError {
  const fallback = new ApiError(
    status,
    `HTTP_${status}`,
    text.slice(0, 500) || `The answer was ${status} without a reason.`,
  );
  let error: unknown;
  try {
    const answer = JSON.parse(text) as {
      error?: unknown;
      error_code?: unknown;
      code?: unknown;
      message?: unknown;
      position?: { line: number; column: number };
    };
    // ksqlDB's shape, and with it Headwater's place.
    if (typeof answer.error_code === 'number') {
      return new ApiError(status, String(answer.error_code), String(answer.message), answer.position);
    }
    error = answer.error;
    // Spring's shape, with a code and a message besides.
    if (typeof error === 'string' && typeof answer.message === 'string') {
      return new ApiError(status, String(answer.code ?? `HTTP_${status}`), answer.message);
    }
  } catch {
    return fallback;
  }
  if (typeof error === 'string') return new ApiError(status, `HTTP_${status}`, error);
  if (!error || typeof error !== 'object') return fallback;
  const { code, message, type, failed_shards, root_cause, reason } = error as Record<string, unknown>;
  const words = message ?? shardReason(failed_shards) ?? first(root_cause)?.reason ?? reason ?? text;
  return new ApiError(status, String(code ?? type ?? `HTTP_${status}`), String(words));
}

/** "all shards failed" helps nobody: a shard's own reason names the query, and what caused it the place in it. */
function shardReason(shards: unknown): unknown {
  const cause = (first(shards) as { reason?: EsCause } | undefined)?.reason;
  return cause?.caused_by?.reason ?? cause?.reason;
}

const first = (list: unknown): EsCause | undefined =>
  Array.isArray(list) ? (list[0] as EsCause | undefined) : undefined;
