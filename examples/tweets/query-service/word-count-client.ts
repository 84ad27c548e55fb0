import type { Service } from '@headwater/service';
import { reasonOf } from '../common/tweets-error.ts';
import { wordsOf } from '../word-count/words.ts';

/** How often the words of a query were tweeted; `wordCount` is null, with the reason, when word-count did not say. */
export interface WordCountAnswer {
  wordCount: number | null;
  wordCounts: Record<string, number>;
  wordCountError?: string;
}

const timeoutMs = 1_000;
const wordsMax = 10;

type Fetch = Service<Record<never, never>, Record<never, never>>['fetch'];

/** Asks word-count, by its name, for every word of the text. It never fails: a search is worth having without its count. */
export async function askWordCounts(fetch: Fetch, text: string, signal: AbortSignal): Promise<WordCountAnswer> {
  const words = [...new Set(wordsOf(text))].slice(0, wordsMax);
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const counts = await Promise.all(
      words.map(async (word) => [word, await askWordCount(fetch, word, timeout)] as const),
    );
    return {
      wordCount: counts.reduce((sum, [, count]) => sum + count, 0),
      wordCounts: Object.fromEntries(counts),
    };
  } catch (error) {
    const reason = (error as Error).name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : reasonOf(error);
    return { wordCount: null, wordCounts: {}, wordCountError: `word-count: ${reason}` };
  }
}

async function askWordCount(fetch: Fetch, word: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(`http://word-count/get-word-count-by-word/${encodeURIComponent(word)}`, {
    headers: { accept: 'application/vnd.api.v1+json' },
    signal,
  });
  const body = (await response.json()) as { wordCount?: unknown; error?: { message?: string } };
  if (!response.ok) throw new Error(body.error?.message ?? `status ${response.status}`);
  if (typeof body.wordCount !== 'number') throw new Error('the answer holds no wordCount');
  return body.wordCount;
}
