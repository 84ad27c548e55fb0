import type { Logger } from '@headwater/logger';
import { FeedError } from './feed.ts';
import { ask } from './http-feed.ts';
import { fieldsOf, idOf, textOf } from './json-value.ts';

/** The shortest that any kind of account may have. */
const ruleLengthMax = 512;
/** Marks the rules that are ours: what others set for the same account stays. */
const tag = 'headwater';

/** Keywords as rules of X: each quoted, as many in a rule as fit. */
export function rulesOf(keywords: readonly string[]): string[] {
  const rules: string[] = [];
  for (const keyword of keywords) {
    const term = `"${keyword.replaceAll(/["\\]/g, ' ').trim()}"`;
    const last = rules.at(-1);
    if (last !== undefined && last.length + term.length + 4 <= ruleLengthMax)
      rules[rules.length - 1] = `${last} OR ${term}`;
    else rules.push(term);
  }
  return rules;
}

/** Makes the account's rules those of the keywords: adds what is missing, then takes away what is no longer wanted. */
export async function syncRules({
  url,
  token,
  keywords,
  signal,
  logger,
}: {
  url: string;
  token: string;
  keywords: readonly string[];
  signal: AbortSignal;
  logger: Logger;
}): Promise<void> {
  const address = `${url}/2/tweets/search/stream/rules`;
  const accept = 'application/json';
  const wanted = new Set(rulesOf(keywords));
  const obsolete: string[] = [];
  const answer = await jsonOf(await ask(address, { token, signal, accept }));
  for (const rule of listOf(answer['data'])) {
    const value = textOf(rule['value']);
    const id = idOf(rule['id']);
    if (value !== undefined && wanted.delete(value)) continue;
    if (rule['tag'] === tag && id !== undefined) obsolete.push(id);
  }
  if (wanted.size > 0) {
    const post = { add: [...wanted].map((value) => ({ value, tag })) };
    const added = await jsonOf(await ask(address, { token, signal, accept, post }));
    const problem = listOf(added['errors']).find(({ title }) => title !== 'DuplicateRule');
    if (problem !== undefined) {
      const reason = [
        problem['title'],
        problem['value'],
        ...(Array.isArray(problem['details']) ? problem['details'] : []),
      ];
      throw new FeedError('refused', `it does not take a rule: ${reason.filter(Boolean).join(', ')}`);
    }
  }
  if (obsolete.length > 0) await ask(address, { token, signal, accept, post: { delete: { ids: obsolete } } });
  if (wanted.size + obsolete.length > 0) logger.info({ added: [...wanted], deleted: obsolete.length }, 'rules changed');
}

async function jsonOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    return fieldsOf(await response.json());
  } catch (error) {
    throw new FeedError('network', 'its answer is no JSON', { cause: error });
  }
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
