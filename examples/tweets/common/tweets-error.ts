/**
 * An error of the example, with a stable code:
 *
 * - `HW_TWEETS_CONFIG`: an environment variable has a value that cannot be used.
 * - `HW_TWEETS_RECORD`: a record or a line is not a tweet.
 * - `HW_TWEETS_FILE`: the file of tweets cannot be read.
 * - `HW_TWEETS_POISON`: a record was refused and the policy is to stop.
 * - `HW_TWEETS_SOURCE`: a live source refused the service: its token, its rules.
 * - `HW_TWEETS_INDEX`: the query store refused the index.
 */
export class TweetsError extends Error {
  readonly code: `HW_TWEETS_${string}`;

  constructor(code: `HW_TWEETS_${string}`, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TweetsError';
    this.code = code;
  }
}

/** What a failure says, with the failures inside it that explain it: clients wrap them several times. */
export function reasonOf(error: unknown): string {
  const messages = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (!(value instanceof Error) || depth > 4) return;
    if (value.message !== '') messages.add(value.message);
    const nested = (value as { errors?: unknown }).errors;
    if (Array.isArray(nested)) for (const one of nested.slice(0, 3)) visit(one, depth + 1);
    visit(value.cause, depth + 1);
  };
  visit(error, 0);
  if (messages.size === 0) return String(error);
  return [...messages].join(' ← ').slice(0, 1_000);
}
