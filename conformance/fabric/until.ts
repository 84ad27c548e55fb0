/** Asks again and again until there is an answer other than null, undefined and false; says what it waited for when there is none in time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      last = '';
    } catch (error) {
      last = `: ${error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error)}`;
    }
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs / 1000} s for ${what}${last}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
