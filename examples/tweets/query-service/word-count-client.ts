import type { TweetsService } from '../common/service.ts';
import { reasonOf } from '../common/tweets-error.ts';
import { wordsOf } from '../streams/words.ts';
import type { QuerySettings } from './query-settings.ts';

/** Who can be asked how often a word was tweeted. */
export type WordCountSource = 'streams' | 'analytics';

/** How often the words of a query were tweeted; `wordCount` is null, with the reason, when nobody said. */
export interface WordCountAnswer {
  wordCount: number | null;
  wordCounts: Record<string, number>;
  /** Who said so. */
  wordCountSource?: WordCountSource;
  /** Why the chosen source did not; there is a count all the same when the other one was asked. */
  wordCountError?: string;
}

type WordCountSettings = Pick<QuerySettings, 'wordCountSource' | 'wordCountFallback' | 'wordCountTimeout'>;
type Fetch = TweetsService['fetch'];

const wordsMax = 10;

/**
 * Asks for every word of the text: streams, which has the counts in its state, or analytics, which has them in its database, by their names. When
 * the chosen one does not answer in time, or its breaker is open, the other one is asked. It never fails: a search is worth having without its count.
 */
export async function askWordCounts(
  fetch: Fetch,
  { wordCountFallback, wordCountSource, wordCountTimeout: timeoutMs }: WordCountSettings,
  text: string,
  signal: AbortSignal,
): Promise<WordCountAnswer> {
  const words = [...new Set(wordsOf(text))].slice(0, wordsMax);
  const chosen = sourceOf(wordCountSource);
  const other: WordCountSource = chosen === 'streams' ? 'analytics' : 'streams';
  const errors: string[] = [];
  for (const source of wordCountFallback ? [chosen, other] : [chosen]) {
    try {
      const counts = await Promise.all(words.map((word) => askWordCount(fetch, source, word, timeoutMs, signal)));
      return {
        wordCount: counts.reduce((sum, count) => sum + count, 0),
        wordCounts: Object.fromEntries(words.map((word, i) => [word, counts[i]!])),
        wordCountSource: source,
        ...(errors.length > 0 && { wordCountError: errors.join('; ') }),
      };
    } catch (error) {
      errors.push(`${source}: ${reasonOf(error)}`);
      if (signal.aborted) break;
    }
  }
  return { wordCount: null, wordCounts: {}, wordCountError: errors.join('; ') };
}

function sourceOf(setting: QuerySettings['wordCountSource']): WordCountSource {
  return setting === 'analytics' || setting === 'ANALYTICS_DATABASE' ? 'analytics' : 'streams';
}

async function askWordCount(
  fetch: Fetch,
  source: WordCountSource,
  word: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number> {
  const response = await fetch(`http://${source}/get-word-count-by-word/${encodeURIComponent(word)}`, {
    headers: { accept: 'application/vnd.api.v1+json' },
    // Not by a signal of our own: a call that takes too long counts as a failure for the breaker.
    timeoutMs,
    attemptTimeoutMs: timeoutMs,
    // The rest of an answer that has begun is not waited for much longer.
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs + 500)]),
  });
  const body = (await response.json()) as { wordCount?: unknown; error?: { message?: string } };
  if (!response.ok) throw new Error(body.error?.message ?? `status ${response.status}`);
  // Analytics answers {} for a word that it has no row of.
  const { wordCount = 0 } = body;
  if (typeof wordCount !== 'number') throw new Error('the answer holds no wordCount');
  return wordCount;
}
